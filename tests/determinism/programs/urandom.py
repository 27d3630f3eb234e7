import os

print(os.urandom(32).hex(), os.getrandom(16).hex())
for name in ("/dev/urandom", "/dev/random", "/dev/./urandom", "/proc/self/root/dev/urandom"):
    with open(name, "rb") as device:
        print(name, device.read(16).hex(), device.read(100000)[-8:].hex())
link = "/tmp/link"
os.symlink("/dev/urandom", link)
copy = os.dup(os.open(link, os.O_RDONLY))
first = bytearray(8)
print(os.read(copy, 16).hex(), os.readv(copy, [first]), first.hex(), os.pread(copy, 8, 5).hex())
into = bytearray(8)
print(os.preadv(copy, [into], 3), into.hex())
pid = os.fork()
if pid == 0:
    print(os.read(copy, 16).hex(), flush=True)
    os._exit(0)
os.waitpid(pid, 0)
print(os.read(copy, 16).hex())
