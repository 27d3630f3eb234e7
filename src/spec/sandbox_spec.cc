#include "spec/sandbox_spec.h"

namespace belljar::spec {

std::vector<std::string> default_environment() {
  return {"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/work", "LANG=C.UTF-8", "TMPDIR=/tmp"};
}

std::vector<std::string> gateway_environment(const GatewaySpec& gateway) {
  const std::string proxy = "http://127.0.0.1:" + std::to_string(kGatewayHttpPort);
  std::vector<std::string> variables;
  // No ALL_PROXY: clients without SOCKS support refuse to start when they see one.
  for (const char* name : {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"}) {
    variables.push_back(std::string{name} + "=" + proxy);
  }
  for (const char* name : {"NO_PROXY", "no_proxy"}) variables.push_back(std::string{name} + "=localhost,127.0.0.1,::1");
  if (gateway.trust_pem.empty()) return variables;
  for (const char* name :
       {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "PIP_CERT", "NPM_CONFIG_CAFILE"}) {
    variables.push_back(std::string{name} + "=" + kTrustBundle);
  }
  // This one adds to what its program trusts.
  variables.push_back(std::string{"NODE_EXTRA_CA_CERTS="} + kTrustOfGateway);
  return variables;
}

}  // namespace belljar::spec
