console.log(Date.now(), new Date().toISOString(), Math.random(), Math.random(), performance.now());
const began = Date.now();
setTimeout(() => console.log(Date.now() - began, Math.random(), process.hrtime()), 25);
setImmediate(() => console.log("at once", process.pid, process.uptime()));
