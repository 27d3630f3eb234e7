const crypto = require("crypto"), fs = require("fs"), os = require("os");
console.log(crypto.randomUUID(), crypto.randomBytes(16).toString("hex"), crypto.randomInt(1e9));
console.log(fs.mkdtempSync("/tmp/x-"), fs.readdirSync("/dev"), fs.statSync("/tmp").mtimeMs);
console.log(os.uptime(), os.loadavg(), os.hostname(), os.cpus().length, new Set(["b", "a"]));
