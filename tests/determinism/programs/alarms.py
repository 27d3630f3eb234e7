# When a timer fires is the host's affair: on the published list.
import signal

count = 0
fired = []
signal.signal(signal.SIGALRM, lambda *_: fired.append(count))
signal.setitimer(signal.ITIMER_REAL, 0.005)
while not fired:
    count += 1
print(fired)
