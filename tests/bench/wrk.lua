-- Sends the requests of a file in turns and prints one line of JSON: `wrk -s wrk.lua URL -- FILE MARK`.
-- Each line of the file is a path, a tab, and what to accept. MARK "-" repeats the requests as they
-- are; any other word makes each one unique: it is a comment at the end of the query, with a number.
local prepared, number, mark = {}, 0, "-"

function init(args)
  mark = args[2]
  for line in io.lines(args[1]) do
    local path, accept = line:match("^(%S+)\t(.*)$")
    local headers = { Accept = accept }
    prepared[#prepared + 1] = mark == "-" and wrk.format("GET", path, headers)
      or { path .. "%20%23" .. mark, headers }
  end
end

function request()
  number = number + 1
  local each = prepared[number % #prepared + 1]
  if mark == "-" then
    return each
  end
  return wrk.format("GET", each[1] .. number, each[2])
end

function done(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, failed))
end
