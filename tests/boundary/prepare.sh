#!/bin/sh
# What the stand-ins of the clients' test serve: a page, a wheel, an npm package, a git repository. Usage: prepare.sh DIR
set -eu
cd "$1"
mkdir -p www wheels npm git
echo "hello from the stand-in" > www/hello.txt

mkdir -p greeting/greeting greeting/greeting-1.0.dist-info
echo 'WORDS = "installed from the stand-in"' > greeting/greeting/__init__.py
printf 'Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n' > greeting/greeting-1.0.dist-info/METADATA
printf 'Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n' \
  > greeting/greeting-1.0.dist-info/WHEEL
printf 'greeting/__init__.py,,\ngreeting-1.0.dist-info/METADATA,,\ngreeting-1.0.dist-info/WHEEL,,\ngreeting-1.0.dist-info/RECORD,,\n' \
  > greeting/greeting-1.0.dist-info/RECORD
(cd greeting && python3 -m zipfile -c ../wheels/greeting-1.0-py3-none-any.whl greeting greeting-1.0.dist-info)

mkdir -p package
echo '{"name": "greeting", "version": "1.0.0", "main": "index.js"}' > package/package.json
echo 'module.exports = "installed from the stand-in";' > package/index.js
tar -czf npm/greeting-1.0.0.tgz package

if command -v git > /dev/null; then
  git init -q -b main source
  (
    cd source
    echo "cloned from the stand-in" > README
    git add README
    git -c user.name=Nobody -c user.email=nobody@example.test commit -q -m "Say where from"
  )
  git clone -q --bare source git/project.git
fi
