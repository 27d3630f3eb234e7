// The programs that the profiles are made for run under them and are never refused anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/filter/sealed_child.h"

namespace belljar::sandbox {
namespace {

using testing::ElementsAre;

struct ProgramCase {
  const char* name;
  const char* profile;
  std::vector<const char*> command;
  const char* output;
};

class Programs : public testing::TestWithParam<ProgramCase> {};

TEST_P(Programs, RunWithoutAnEvent) {
  if (::access(GetParam().command[0], X_OK) != 0) GTEST_SKIP() << GetParam().command[0] << " is not installed";
  const Lived lived = run(GetParam().profile, GetParam().command);
  ASSERT_TRUE(WIFEXITED(lived.status)) << lived.status;
  EXPECT_EQ(WEXITSTATUS(lived.status), 0) << lived.output;
  EXPECT_EQ(lived.output, GetParam().output);
  for (const spec::Violation& one : lived.violations) {
    ADD_FAILURE() << one.call << "(" << one.arguments << ") by " << one.process << ", rule " << one.rule;
  }
}

constexpr const char* kPythonTasks =
    "import asyncio, ctypes, hashlib, json, os, shutil, ssl, subprocess, sys, tempfile, threading\n"
    "t = [threading.Thread(target=lambda: hashlib.sha256(b'x' * 100000).digest()) for _ in range(8)]\n"
    "[x.start() for x in t]; [x.join() for x in t]\n"
    "assert asyncio.run(asyncio.sleep(0, 5)) == 5\n"
    "out = subprocess.run(['/bin/echo', 'child'], capture_output=True, text=True, start_new_session=True).stdout\n"
    "d = tempfile.mkdtemp(); p = os.path.join(d, 'a'); open(p, 'w').write('x'); shutil.copy2(p, p + 'b')\n"
    "shutil.rmtree(d); os.path.expanduser('~root'); os.get_terminal_size if False else None\n"
    "print(out.strip(), ctypes.CDLL(None).getpid() == os.getpid())";

INSTANTIATE_TEST_SUITE_P(
    Table, Programs,
    testing::Values(
        ProgramCase{"TrueUnderCompute", "compute", {"/bin/true"}, ""},
        ProgramCase{"EchoUnderCompute", "compute", {"/bin/echo", "hello"}, "hello\n"},
        ProgramCase{"CatUnderCompute", "compute", {"/bin/cat", "/proc/self/comm"}, "cat\n"},
        ProgramCase{"SortUnderCompute", "compute", {"/usr/bin/sort", "--parallel=4", "/dev/null"}, ""},
        ProgramCase{"PythonUnderCompute", "compute", {"/usr/bin/python3", "-c", "print(sum(range(10)))"}, "45\n"},
        ProgramCase{"PythonUnderInterpreter", "interpreter", {"/usr/bin/python3", "-c", kPythonTasks}, "child True\n"},
        ProgramCase{"ShellUnderInterpreter", "interpreter", {"/bin/sh", "-c", "echo a b | wc -w"}, "2\n"},
        ProgramCase{"PipelineUnderAgent",
                    "agent",
                    {"/bin/sh", "-c", "printf 'b\\na\\nb\\n' | sort | uniq -c | sort -rn | head -1 | tr -s ' '"},
                    " 2 b\n"},
        ProgramCase{"BashUnderAgent",
                    "agent",
                    {"/bin/bash", "-c", "sleep 0.01 & wait; diff <(echo a) <(echo a) && echo same"},
                    "same\n"},
        ProgramCase{
            "FilesUnderAgent",
            "agent",
            {"/bin/sh", "-c",
             "set -e; d=$(mktemp -d); cd $d; mkdir a; echo x > a/f; cp -a a b; ln -s f a/l; mkfifo p; tar cf t.tar "
             "a b; mkdir u; tar xf t.tar -C u; find u -name f | wc -l; ls -l >/dev/null; id >/dev/null; rm -r $d"},
            "2\n"},
        ProgramCase{
            "GitUnderAgent",
            "agent",
            {"/usr/bin/git", "-c", "user.name=a", "-c", "user.email=b", "hash-object", "-t", "blob", "/dev/null"},
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n"},
        ProgramCase{"SocketPairUnderAgent",
                    "agent",
                    {"/usr/bin/python3", "-c",
                     "import socket as s, tempfile as t\n"
                     "a, b = s.socketpair(); a.send(b'x'); l = s.socket(s.AF_UNIX); d = t.mkdtemp()\n"
                     "l.bind(d + '/s'); l.listen(); c = s.socket(s.AF_UNIX); c.connect(d + '/s'); l.accept()\n"
                     "import shutil; shutil.rmtree(d); print(b.recv(1))"},
                    "b'x'\n"}),
    [](const auto& shown) { return shown.param.name; });

TEST(Programs, PythonSeesTheDenialsAsErrors) {
  const Lived lived = run("interpreter", {"/usr/bin/python3", "-c",
                                          "import socket, os\n"
                                          "for f in (lambda: socket.socket(), lambda: os.memfd_create('x')):\n"
                                          "  try: f()\n"
                                          "  except PermissionError as e: print(e.errno)"});
  EXPECT_EQ(lived.output, "1\n1\n");
  EXPECT_THAT(lived.violations, ElementsAre(violation("socket", "AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 0", "no-network"),
                                            violation("memfd_create", "\"x\", MFD_CLOEXEC", "default")));
  EXPECT_EQ(lived.violations[0].process, "python3");
}

}  // namespace
}  // namespace belljar::sandbox
