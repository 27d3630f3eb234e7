#include "sandbox/image/package_list.h"

#include <gtest/gtest.h>

namespace belljar::sandbox {
namespace {

constexpr std::string_view kGood = R"(belljar-image: 1
name: python-sklearn
suite: bookworm
packages: [python3-sklearn, python3-minimal, python3-sklearn, g++, libc6=2.36-9+deb12u10]
exclude: [/usr/lib/gcc/*, '*.a']
)";

TEST(PackageList, IsReadSortedAndEachPackageOnce) {
  const Result<PackageList> list = parse_package_list(kGood, "x.yaml");
  ASSERT_TRUE(list) << list.error().message();
  EXPECT_EQ(list.value().name, "python-sklearn");
  EXPECT_EQ(list.value().suite, "bookworm");
  EXPECT_EQ(list.value().variant, "minbase");
  EXPECT_EQ(list.value().packages,
            (std::vector<std::string>{"g++", "libc6=2.36-9+deb12u10", "python3-minimal", "python3-sklearn"}));
  EXPECT_EQ(list.value().exclude, (std::vector<std::string>{"*.a", "/usr/lib/gcc/*"}));
}

struct Refused {
  const char* name;
  const char* text;
  const char* message;
};

class PackageListRefuses : public testing::TestWithParam<Refused> {};

TEST_P(PackageListRefuses, WithPlaceAndExpectation) {
  const Result<PackageList> list = parse_package_list(GetParam().text, "x.yaml");
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code(), Errc::invalid_argument);
  EXPECT_NE(list.error().message().find(GetParam().message), std::string::npos) << list.error().message();
}

constexpr Refused kRefused[] = {
    {"unknown_key", "belljar-image: 1\nname: x\nsuite: y\npackages: []\npackage: [z]\n",
     "x.yaml:5:1: unknown key `package`"},
    {"other_version", "belljar-image: 2\nname: x\nsuite: y\npackages: []\n", "x.yaml:1:16: belljar-image is `2`"},
    {"missing_suite", "belljar-image: 1\nname: x\npackages: []\n", "no key `suite`"},
    {"missing_version", "name: x\nsuite: y\npackages: []\n", "no key `belljar-image`"},
    {"packages_no_list", "belljar-image: 1\nname: x\nsuite: y\npackages: python3\n",
     "x.yaml:4:11: packages is text, expected a list"},
    {"nested_package", "belljar-image: 1\nname: x\nsuite: y\npackages: [[a]]\n", "packages entry is list"},
    {"name_with_slash", "belljar-image: 1\nname: ../x\nsuite: y\npackages: []\n", "x.yaml:2:7: name is `../x`"},
    {"suite_option", "belljar-image: 1\nname: x\nsuite: --help\npackages: []\n", "suite is `--help`"},
    {"option_as_package", "belljar-image: 1\nname: x\nsuite: y\npackages: [-oDebug]\n", "is `-oDebug`"},
    {"removal", "belljar-image: 1\nname: x\nsuite: y\npackages: [bash-]\n", "is `bash-`"},
    {"two_in_one", "belljar-image: 1\nname: x\nsuite: y\npackages: ['a1,b1']\n", "is `a1,b1`"},
    {"path", "belljar-image: 1\nname: x\nsuite: y\npackages: [./evil.deb]\n", "is `./evil.deb`"},
    {"glob", "belljar-image: 1\nname: x\nsuite: y\npackages: ['lib*']\n", "is `lib*`"},
    {"pattern", "belljar-image: 1\nname: x\nsuite: y\npackages: ['?essential']\n", "is `?essential`"},
    {"version_injection", "belljar-image: 1\nname: x\nsuite: y\npackages: ['aa=1 bb']\n", "is `aa=1 bb`"},
    {"relative_exclude", "belljar-image: 1\nname: x\nsuite: y\npackages: []\nexclude: [usr]\n", "is `usr`"},
    {"exclude_newline", "belljar-image: 1\nname: x\nsuite: y\npackages: []\nexclude: [\"/a\\nb\"]\n",
     "expected a path"},
    {"variant", "belljar-image: 1\nname: x\nsuite: y\npackages: []\nvariant: huge\n", "variant is `huge`"},
    {"pins_list", "belljar-image: 1\nname: x\nsuite: y\npackages: []\npins: [a]\n",
     "x.yaml:5:7: pins is list, expected a map"},
    {"pin_of_two", "belljar-image: 1\nname: x\nsuite: y\npackages: []\npins: {'a,b': 1}\n", "expected a package name"},
    {"pin_without_version", "belljar-image: 1\nname: x\nsuite: y\npackages: []\npins: {libc6: }\n",
     "x.yaml:5:8: version of libc6 is nothing"},
    {"pin_injection", "belljar-image: 1\nname: x\nsuite: y\npackages: []\npins:\n  libc6: '1 -o x'\n",
     "x.yaml:6:10: version of libc6 is `1 -o x`, expected a version"},
    {"expired", "belljar-image: 1\nname: x\nsuite: y\npackages: []\nexpired_index: yes\n",
     "x.yaml:5:16: expired_index is `yes`, expected accept"},
    {"no_map", "[1, 2]\n", "x.yaml:1:1: found list, expected a map"},
    {"empty", "", "expected a map"},
};

INSTANTIATE_TEST_SUITE_P(Table, PackageListRefuses, testing::ValuesIn(kRefused),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(PackageList, PinsVersionsByPackage) {
  const Result<PackageList> list = parse_package_list(
      "belljar-image: 1\nname: llama\nsuite: sid\npackages: [llama.cpp-tools]\n"
      "pins: {libllama0: '1:0.7.0+dfsg-2', libggml0: 0.27.0-1}\nexpired_index: accept\n",
      "x.yaml");
  ASSERT_TRUE(list) << list.error().message();
  ASSERT_EQ(list.value().pins.size(), 2U);
  EXPECT_EQ(list.value().pins[1].package, "libllama0");
  EXPECT_EQ(list.value().pins[1].version, "1:0.7.0+dfsg-2");
  EXPECT_EQ(list.value().pins[1].place, "x.yaml:5:8");
  EXPECT_TRUE(list.value().accept_expired_index);
}

TEST(PackageList, TakesPackagesOfNpmAtOneVersionAlone) {
  const auto with = [](const std::string& npm) {
    return parse_package_list("belljar-image: 1\nname: n\nsuite: bookworm\npackages: [nodejs]\nnpm: ['" + npm + "']\n",
                              "f");
  };
  for (const std::string good : {"openai@6.8.1", "@modelcontextprotocol/sdk@1.0.0-rc.1"}) {
    const auto list = with(good);
    ASSERT_TRUE(list) << list.error().message();
    EXPECT_EQ(list.value().npm, std::vector<std::string>{good});
  }
  for (const std::string bad :
       {"openai", "openai@latest", "openai@^6.8.1", "openai@6", "../x@1.0.0", "@/x@1.0.0", "@a@1.0.0", "file:x@1.0.0",
        "git+ssh://x@1.0.0", "--prefix=/@1.0.0", "-g@1.0.0", "x@1.0.0;id"}) {
    EXPECT_FALSE(with(bad)) << bad;
  }
}

TEST(PackageList, TellsEveryErrorAtOnce) {
  const Result<PackageList> list =
      parse_package_list("belljar-image: 1\nname: X\nsuite: Y\npackages: [Z]\nq: 1\n", "x.yaml");
  ASSERT_FALSE(list);
  const std::string& message = list.error().message();
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 3) << message;
}

TEST(ImageKey, IsEqualForTheSameRootAlone) {
  const PackageList list = parse_package_list(kGood, "x.yaml").value();
  const std::string key = image_key(list, "amd64");
  EXPECT_EQ(key.size(), 32U);
  PackageList moved = list;
  moved.file = "elsewhere.yaml";
  EXPECT_EQ(image_key(moved, "amd64"), key);
  EXPECT_NE(image_key(list, "arm64"), key);
  PackageList other = list;
  other.packages.emplace_back("zlib1g");
  EXPECT_NE(image_key(other, "amd64"), key);
  other = list;
  other.suite = "trixie";
  EXPECT_NE(image_key(other, "amd64"), key);
  other = list;
  other.exclude.clear();
  EXPECT_NE(image_key(other, "amd64"), key);
  other = list;
  other.pins.push_back({"libc6", "2.36-9", ""});
  EXPECT_NE(image_key(other, "amd64"), key);
}

}  // namespace
}  // namespace belljar::sandbox
