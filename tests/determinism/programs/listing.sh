#!/bin/sh
mkdir -p /work/b /work/a; echo text >/work/z; cp -p /etc/passwd /work/c; touch /work/d; ln /work/z /work/y
ls -laR --full-time /work; ls -la / /dev; ls -U /usr/lib | head -50; stat /work/z /tmp
find /usr/share/perl5 | head -40; df; uptime -s; date -r /work/z; tar -C /work -cf - . | cksum; nproc; uname -n
