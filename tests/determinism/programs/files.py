import os, shutil, time

os.makedirs("/work/deep/er")
for name in ("zebra", "apple", "mango", ".hidden", "Banana"):
    with open("/work/" + name, "w") as file:
        file.write(name)
    time.sleep(0.002)
os.utime("/work/apple", (1, 1))
for name in os.listdir("/work"):
    print(name, os.stat("/work/" + name))
print([entry.inode() for entry in os.scandir("/work")], os.stat("/"), os.stat("/proc"), os.stat("/dev/null"))
print(os.statvfs("/work"), shutil.disk_usage("/"), os.fstat(1).st_ino, os.stat("/usr/bin/env"))
print(list(os.walk("/work")))
