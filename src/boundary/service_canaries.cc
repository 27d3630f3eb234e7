#include "boundary/service_canaries.h"

#include <algorithm>

#include "content/canary.h"
#include "content/map_template.h"

namespace belljar::boundary {

namespace {

using codec::Json;

constexpr std::string_view kCanary = "/canary/";

void names_in(const Json& map, std::vector<std::string>& names) {
  for (const std::string& pointer : content::template_pointers(map)) {
    if (pointer.starts_with(kCanary)) names.push_back(pointer.substr(kCanary.size()));
  }
}

// Of all templates whose text may leave the service.
std::vector<std::string> template_names(const ServiceSpec& service) {
  std::vector<std::string> names;
  for (const RowsSpec& rows : service.rows) {
    for (const Json& row : rows.rows) names_in(row, names);
  }
  for (const RouteSpec& route : service.routes) {
    if (route.body) names_in(*route.body, names);
    if (route.text) names_in(Json{*route.text}, names);
    for (const auto& [header, text] : route.headers) names_in(Json{text}, names);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

content::Canary canary_at(const ServiceSpec& service, std::string_view name, std::string_view run_key) {
  return content::make_canary(run_key, canary_home(service.name) + std::string{name});
}

}  // namespace

std::string canary_home(std::string_view service) { return "service:" + std::string{service} + "/"; }

std::vector<std::string> canary_places(const ServiceSpec& service) {
  std::vector<std::string> places = template_names(service);
  places.insert(places.end(), service.canaries.begin(), service.canaries.end());
  for (std::string& place : places) place.insert(0, canary_home(service.name));
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  return places;
}

Result<void> add_canary_places(const ServiceFile& file, std::set<std::string>& names,
                               std::vector<std::string>& places) {
  for (const ServiceSpec& service : file.services) {
    if (!names.insert(service.name).second) {
      return Error{Errc::invalid_argument, file.file + ":" + std::to_string(service.mark.line) + ":" +
                                               std::to_string(service.mark.column) + ": found a service \"" +
                                               service.name + "\" as in another file, expected a name of its own"};
    }
    for (std::string& place : canary_places(service)) places.push_back(std::move(place));
  }
  return {};
}

Json canary_texts(const ServiceSpec& service, std::string_view run_key) {
  Json::Object texts;
  for (const std::string& name : template_names(service)) {
    texts.emplace_back(name, content::canary_variable(name, canary_at(service, name, run_key)));
  }
  return Json{std::move(texts)};
}

std::string canary_object(const ServiceSpec& service, std::string_view path, std::string_view run_key) {
  return content::canary_file("/" + std::string{path}, canary_at(service, path, run_key));
}

}  // namespace belljar::boundary
