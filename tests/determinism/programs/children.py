import os, resource, subprocess, sys, time

for _ in range(3):
    print(subprocess.run([sys.executable, "-c", "import time,random,os;time.sleep(.01);print(time.time(),random.random(),os.getpid())"],
                         capture_output=True, text=True).stdout.strip(), time.time())
print(resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF), os.times())
pid = os.spawnlp(os.P_NOWAIT, "true", "true")
print(os.wait4(pid, 0))
print(os.getpid(), os.getppid(), os.uname().nodename, os.cpu_count(), os.sched_getaffinity(0), os.getloadavg)
