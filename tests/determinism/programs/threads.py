# Which thread is first is the kernel's choice: on the published list.
import threading, time

order = []


def work(name):
    for step in range(200):
        order.append((name, step))
        if step % 50 == 0:
            time.sleep(0.0001)


threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(hash(tuple(order)), time.time())
