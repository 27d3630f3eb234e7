// GatheredReply: what a service answered, for tests and fuzz targets; holds services to the order of Reply.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/check.h"
#include "boundary/service.h"
#include "codec/json.h"

namespace belljar::boundary {

struct GatheredReply final : Reply {
  void wait(std::int64_t ns) override { waited_ns += ns; }
  void head(int code, Headers fields) override {
    CHECK(status == 0 && !broken && !ended, "the head comes first and once");
    CHECK(code >= 200 && code <= 599, "a final status");
    status = code;
    headers = std::move(fields);
  }
  void body(std::string_view bytes) override {
    CHECK(status != 0 && !ended && !broken, "the body comes between head and end");
    text += bytes;
  }
  void end() override {
    CHECK(status != 0 && !ended && !broken, "the end comes once, after the head");
    ended = true;
  }
  void reset() override {
    CHECK(!ended && !broken, "nothing breaks after the end");
    broken = true;
  }

  void ring(std::string_view decoy) override {
    CHECK(status == 0 && !broken && !ended, "a decoy rings before anything is said");
    rang = decoy;
  }

  codec::Json json() const {
    auto parsed = codec::parse_json(text);
    return parsed ? parsed.value() : codec::Json{};
  }

  int status = 0;
  Headers headers;
  std::string text;
  bool ended = false;
  bool broken = false;
  std::string rang;  // the decoy that was touched
  std::int64_t waited_ns = 0;
};

inline HttpAsk make_ask(std::string method, std::string target, std::string body = {}) {
  HttpAsk ask;
  ask.subject = "agent";
  ask.method = std::move(method);
  ask.scheme = "https";
  ask.host = "api.example.com";
  ask.port = 443;
  ask.target = std::move(target);
  ask.body = std::move(body);
  if (!ask.body.empty()) ask.headers.emplace_back("content-type", "application/json");
  return ask;
}

inline GatheredReply asked(HttpService& service, const HttpAsk& ask) {
  auto reply = std::make_shared<GatheredReply>();
  service.answer(ask, reply);
  return *reply;
}

}  // namespace belljar::boundary
