import asyncio, os, queue, select, threading, time


async def several():
    await asyncio.gather(*[asyncio.sleep(step / 200) for step in range(5)])
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.02)
    except asyncio.TimeoutError:
        print("late", time.monotonic())


began = time.monotonic()
time.sleep(0.01)
print(time.monotonic() - began)
asyncio.run(several())
reading, writing = os.pipe()
print(select.select([reading], [], [], 0.015), time.monotonic())
try:
    queue.Queue().get(timeout=0.02)
except queue.Empty:
    print("empty", time.monotonic(), time.time())
print(threading.Event().wait(0.01), time.time())
