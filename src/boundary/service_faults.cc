#include "boundary/service_faults.h"

#include <algorithm>

#include "base/text.h"

namespace belljar::boundary {

using codec::Json;

bool ServiceFaults::strike(const Json& source, Reply& reply) {
  for (std::size_t at = 0; at < faults_.size(); ++at) {
    const ServiceFault& fault = faults_[at];
    if (!content::all_hold(fault.when, source) || ++reached_[at] % fault.every != 0) continue;
    if (fault.delay_ns > 0) reply.wait(fault.delay_ns);
    if (fault.reset) {
      reply.reset();
      return true;
    }
    if (fault.status == 0) continue;
    send_problem(reply, fault.status, "fault", "this service fails on purpose: a fault of its file");
    return true;
  }
  return false;
}

Json ask_source(const HttpAsk& ask, const PathAndQuery& target) {
  Json::Object query;
  for (const auto& one : target.query) {
    const auto same = [&](const Json::Member& member) { return member.first == one.first; };
    if (std::none_of(query.begin(), query.end(), same)) query.emplace_back(one.first, one.second);
  }
  Json::Object header;
  for (const auto& one : ask.headers) {
    const auto same = [&](const Json::Member& member) { return member.first == one.first; };
    if (is_utf8(one.second) && std::none_of(header.begin(), header.end(), same)) {
      header.emplace_back(one.first, one.second);
    }
  }
  Json body;
  if (!ask.body.empty()) {
    Result<Json> parsed = codec::parse_json(ask.body, {.bytes_max = 4U << 20, .depth_max = 64, .values_max = 200'000});
    if (parsed) {
      body = std::move(parsed).value();
    } else if (is_utf8(ask.body)) {
      body = ask.body;
    }
  }
  return Json::Object{
      {"method", ask.method},        {"host", ask.host},        {"path", target.path()}, {"query", std::move(query)},
      {"header", std::move(header)}, {"body", std::move(body)}, {"subject", ask.subject}};
}

}  // namespace belljar::boundary
