#include "ledger/note.h"

#include <gtest/gtest.h>

namespace belljar::ledger {
namespace {

using codec::SigningKey;

// The example of Go's golang.org/x/mod/sumdb/note, which signed notes come from: other tools read what we write.
constexpr const char* kVerifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr const char* kSigner = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr const char* kText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr const char* kSignature =
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

std::string example() {
  std::string note{kText};
  note.push_back('\n');
  return note.append(kSignature);
}

SigningKey test_key(char fill = 7) { return SigningKey::from_seed(std::string(32, fill)).value(); }

VerifierKey verifier_of(const std::string& name, const SigningKey& key) { return {name, key.public_key()}; }

TEST(Note, SignsAndVerifiesAsOtherToolsDo) {
  const Result<VerifierKey> key = VerifierKey::parse(kVerifier);
  ASSERT_TRUE(key);
  EXPECT_EQ(key.value().text(), kVerifier);
  const Result<Note> note = parse_note(example());
  ASSERT_TRUE(note);
  EXPECT_EQ(note.value().text, kText);
  EXPECT_EQ(note.value().bytes(), example());
  EXPECT_TRUE(verify_note(note.value(), key.value()));

  const Result<SigningKey> signer = parse_signer(kSigner, "PeterNeumann");
  ASSERT_TRUE(signer);
  EXPECT_EQ(sign_note(kText, "PeterNeumann", signer.value()), example());
  EXPECT_EQ(signer_text("PeterNeumann", signer.value()), kSigner);
}

TEST(Note, AnyChangedByteIsAnErrorOrABadSignature) {
  const VerifierKey key = VerifierKey::parse(kVerifier).value();
  for (std::size_t at = 0; at < example().size(); ++at) {
    for (unsigned mask = 1; mask < 256; mask *= 2) {
      std::string bytes = example();
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ mask);
      const Result<Note> note = parse_note(bytes);
      if (!note) continue;
      EXPECT_EQ(note.value().bytes(), bytes);
      EXPECT_FALSE(verify_note(note.value(), key)) << "byte " << at << " mask " << mask;
    }
  }
}

TEST(Note, OtherSignersAreIgnoredAndABadOneOfOursIsNot) {
  const SigningKey ours = test_key();
  const VerifierKey key = verifier_of("belljar", ours);
  const Note good = parse_note(sign_note("text\n", "belljar", ours)).value();
  Note both = good;
  both.signatures.push_back({"witness.example", {1, 2, 3, 4}, std::string(72, 'w')});
  EXPECT_TRUE(verify_note(parse_note(both.bytes()).value(), key));
  Note twice = good;
  twice.signatures.push_back({"belljar", key.hash(), std::string(64, 'x')});
  EXPECT_FALSE(verify_note(twice, key));
  Note only_other = good;
  only_other.signatures.front().name = "other";
  EXPECT_FALSE(verify_note(only_other, key));
  EXPECT_FALSE(verify_note(good, verifier_of("belljar", test_key(8))));
}

TEST(Note, TheTextMayHoldEmptyLines) {
  const std::string text = "a\n\nb\n\n";
  const Result<Note> note = parse_note(sign_note(text, "k", test_key()));
  ASSERT_TRUE(note);
  EXPECT_EQ(note.value().text, text);
}

TEST(Note, RefusesWhatIsNotCanonical) {
  const std::string sig = " k AQIDBAU=\n";
  const std::string dash = "\xE2\x80\x94";
  ASSERT_TRUE(parse_note("t\n\n" + dash + sig));
  const std::string rows[] = {
      "",
      "\n",
      "t\n",
      "t\n\n",
      "t\n" + dash + sig,                        // no empty line
      "t\n\n" + dash + " k AQIDBAU=",            // no end of line
      "t\n\n-" + sig,                            // no em dash
      "t\n\n" + dash + "k AQIDBAU=\n",           // no space
      "t\n\n" + dash + "  AQIDBAU=\n",           // no name
      "t\n\n" + dash + " k+ AQIDBAU=\n",         // plus in the name
      "t\n\n" + dash + " k\xC2\xA0 AQIDBAU=\n",  // wide space in the name
      "t\n\n" + dash + " k AQIDBAV=\n",          // bits after the last byte
      "t\n\n" + dash + " k AQIDBA==\n",          // no signature after the hash
      "t\n\n" + dash + " k  AQIDBAU=\n",
      "t\n\n" + dash + " k AQIDBAU= \n",
      "t\r\n\n" + dash + sig,
      std::string("t\0\n\n", 4) + dash + sig,
      "\xFF\n\n" + dash + sig,
      "t\n\n" + dash + sig + "\n",
      "t\n\n" + dash + sig + "x\n",
      std::string(kNoteBytesMax, 't') + "\n\n" + dash + sig,
  };
  for (const std::string& row : rows) EXPECT_FALSE(parse_note(row)) << row.substr(0, 60);
  std::string many = "t\n\n";
  for (std::size_t at = 0; at <= kNoteSignaturesMax; ++at) many += dash + sig;
  EXPECT_FALSE(parse_note(many));
}

TEST(VerifierKey, RefusesEveryOtherText) {
  const std::string good = kVerifier;
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = bad[at] == 'B' ? 'C' : 'B';
    EXPECT_FALSE(VerifierKey::parse(bad)) << bad;
  }
  for (const std::string& bad : {std::string{}, std::string{"+"}, good + "\n", " " + good, good.substr(0, 30),
                                 "PeterNeumann+C74F20A3" + good.substr(21)}) {
    EXPECT_FALSE(VerifierKey::parse(bad)) << bad;
  }
}

TEST(Signer, RefusesOtherNamesAndNeverRepeatsTheSecret) {
  EXPECT_FALSE(parse_signer(kSigner, "belljar"));
  const std::string cut = std::string{kSigner}.substr(0, 70);
  const Result<SigningKey> broken = parse_signer(cut, "PeterNeumann");
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().message().find("AYEK"), std::string::npos);
}

}  // namespace
}  // namespace belljar::ledger
