import datetime, time

print(time.time(), time.time_ns(), time.monotonic(), time.perf_counter_ns(), time.process_time(), time.thread_time())
print(datetime.datetime.now(), time.localtime(), time.strftime("%c"))
began = time.monotonic()
for _ in range(1000):
    now = time.monotonic()
print(now - began)
