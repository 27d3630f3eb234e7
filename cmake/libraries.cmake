# Third-party parts, one INTERFACE target each, static wherever belljar is.
function(belljar_library name archive shared)
  add_library(${name} INTERFACE)
  if(BELLJAR_STATIC)
    target_link_libraries(${name} INTERFACE ${archive})
  else()
    # By -l: a library named as its target would otherwise link to itself and be dropped.
    target_link_libraries(${name} INTERFACE -l${shared})
  endif()
endfunction()

belljar_library(boost_json libboost_json.a boost_json)
belljar_library(yaml_cpp libyaml-cpp.a yaml-cpp)
belljar_library(openssl_crypto libcrypto.a crypto)
belljar_library(openssl_ssl libssl.a ssl)
belljar_library(zstd libzstd.a zstd)
belljar_library(re2 libre2.a re2)
belljar_library(sqlite3 libsqlite3.a sqlite3)
belljar_library(seccomp libseccomp.a seccomp)
# The archive adds some 0.4 ms of relocations to a start of belljar; its pages are touched by those alone who scan.
add_library(vectorscan INTERFACE)
target_link_libraries(vectorscan INTERFACE libhs.a)
add_library(tomlplusplus INTERFACE)  # headers alone
add_library(boost_headers INTERFACE)
find_package(GTest REQUIRED)
