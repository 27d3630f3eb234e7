#include "ledger/proof.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "codec/json.h"
#include "ledger/merkle.h"
#include "ledger/record_for_tests.h"
#include "os/durable.h"

namespace belljar::ledger {
namespace {

std::vector<Digest> some_leaves(std::size_t count) {
  std::vector<Digest> leaves;
  for (std::size_t at = 0; at < count; ++at) leaves.push_back(leaf_hash("leaf " + std::to_string(at)));
  return leaves;
}

Digest root_of_first(const std::vector<Digest>& leaves, std::size_t count) {
  return tree_root(std::span{leaves}.first(count));
}

HashAt hashes_over(const std::vector<Digest>& leaves) {
  return [&leaves](unsigned height, std::uint64_t index) -> Result<Digest> {
    return tree_root(std::span{leaves}.subspan(index << height, std::size_t{1} << height));
  };
}

TEST(Inclusion, ProvesEachLeafOfEachTreeAndNothingElse) {
  const std::vector<Digest> all = some_leaves(20);
  for (std::size_t size = 1; size <= 20; ++size) {
    const Digest root = root_of_first(all, size);
    for (std::size_t index = 0; index < size; ++index) {
      const Result<std::vector<Digest>> proof = prove_inclusion(index, size, hashes_over(all));
      ASSERT_TRUE(proof);
      EXPECT_EQ(root_from_inclusion(all[index], index, size, proof.value()).value(), root);
      for (std::size_t other = 0; other < size; ++other) {
        if (other == index) continue;
        EXPECT_NE(root_from_inclusion(all[other], index, size, proof.value()).value(), root);
      }
      std::vector<Digest> longer = proof.value();
      longer.emplace_back();
      EXPECT_FALSE(root_from_inclusion(all[index], index, size, longer));
      if (proof.value().empty()) continue;
      std::vector<Digest> shorter = proof.value();
      shorter.pop_back();
      EXPECT_FALSE(root_from_inclusion(all[index], index, size, shorter));
    }
    EXPECT_FALSE(prove_inclusion(size, size, hashes_over(all)));
    EXPECT_FALSE(root_from_inclusion(all[0], size, size, {}));
  }
}

TEST(Consistency, ProvesThatEachTreeGrewIntoEachLargerAndNothingElse) {
  const std::vector<Digest> all = some_leaves(20);
  std::vector<Digest> other = all;
  other[0] = leaf_hash("another");
  for (std::size_t size = 0; size <= 20; ++size) {
    for (std::size_t old_size = size == 0 ? 0 : 1; old_size <= size; ++old_size) {
      const Result<std::vector<Digest>> proof = prove_consistency(old_size, size, hashes_over(all));
      ASSERT_TRUE(proof);
      const Digest before = root_of_first(all, old_size);
      const Digest after = root_of_first(all, size);
      EXPECT_TRUE(check_consistency(old_size, before, size, after, proof.value())) << old_size << " in " << size;
      if (size == 0) continue;
      EXPECT_FALSE(check_consistency(old_size, root_of_first(other, old_size), size, after, proof.value()));
      EXPECT_FALSE(check_consistency(old_size, before, size, root_of_first(other, size), proof.value()));
      std::vector<Digest> longer = proof.value();
      longer.emplace_back();
      EXPECT_FALSE(check_consistency(old_size, before, size, after, longer));
      if (proof.value().empty()) continue;
      std::vector<Digest> shorter = proof.value();
      shorter.pop_back();
      EXPECT_FALSE(check_consistency(old_size, before, size, after, shorter));
    }
    EXPECT_FALSE(prove_consistency(size + 1, size, hashes_over(all)));
    EXPECT_EQ(static_cast<bool>(prove_consistency(0, size, hashes_over(all))), size == 0);
  }
}

// Where a vector does not care for a root, it is shorter than one.
Digest root_in(const codec::Json& vector, const char* name) {
  const std::string raw = from_base64(vector.find(name)->as_string()).value();
  Digest digest;
  std::copy_n(raw.begin(), std::min(raw.size(), digest.bytes.size()), digest.bytes.begin());
  return digest;
}

// What does not fit a JSON integer here is a size of 2^64 and so, of no tree.
std::uint64_t size_in(const codec::Json& vector, const char* name) {
  const codec::Json* size = vector.find(name);
  return size->is_int() ? static_cast<std::uint64_t>(size->as_int()) : UINT64_MAX;
}

bool accepts(const codec::Json& vector) {
  std::vector<Digest> proof;
  const codec::Json* hashes = vector.find("proof");
  for (const codec::Json& hash : hashes->is_array() ? hashes->as_array() : codec::Json::Array{}) {
    const std::string raw = from_base64(hash.as_string()).value();
    if (raw.size() != kHashBytes) return false;  // of that there is no Digest to check
    std::copy(raw.begin(), raw.end(), proof.emplace_back().bytes.begin());
  }
  if (vector.find("kind")->as_string() == "consistency") {
    return static_cast<bool>(check_consistency(size_in(vector, "size1"), root_in(vector, "root1"),
                                               size_in(vector, "size2"), root_in(vector, "root2"), proof));
  }
  if (vector.find("leafHash")->as_string().empty()) return false;  // a Digest is never empty
  const Result<Digest> root =
      root_from_inclusion(root_in(vector, "leafHash"), size_in(vector, "leafIdx"), size_in(vector, "treeSize"), proof);
  return root && root.value() == root_in(vector, "root");
}

TEST(Proof, AgreesWithTheVectorsOfOthers) {
  std::ifstream file{BELLJAR_SOURCE_DIR "/src/ledger/fixtures/merkle_vectors.jsonl"};
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const codec::Json vector = codec::parse_json(line).value();
    EXPECT_EQ(accepts(vector), !vector.find("wantErr")->as_bool()) << line;
  }
  EXPECT_EQ(count, 196U);
}

TEST(Proof, IsMadeFromTheTilesOfALog) {
  const TestRecord record;
  const std::unique_ptr<Ledger> ledger = record.create();
  std::vector<Digest> leaves;
  constexpr std::size_t kSize = 66'000;
  for (std::size_t at = 0; at < kSize; ++at) {
    ASSERT_TRUE(ledger->append(numbered_entry(at)));
    leaves.push_back(leaf_hash(numbered_entry(at)));
  }
  const Head head = ledger->checkpoint().value();
  const os::Fd run = os::open_folder(record.run()).value();
  const HashAt hash_at = hashes_of(TileStore{run.get()}, kSize);
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{255}, std::uint64_t{256}, std::uint64_t{65'535},
                                    std::uint64_t{65'536}, std::uint64_t{kSize - 1}}) {
    const Result<std::vector<Digest>> path = prove_inclusion(index, kSize, hash_at);
    ASSERT_TRUE(path) << path.error().message();
    EXPECT_EQ(root_from_inclusion(leaves[index], index, kSize, path.value()).value(), head.root) << index;
    const Result<std::vector<Digest>> grown = prove_consistency(index + 1, kSize, hash_at);
    ASSERT_TRUE(grown);
    EXPECT_TRUE(check_consistency(index + 1, root_of_first(leaves, index + 1), kSize, head.root, grown.value()))
        << index;
  }
}

TEST(Proof, TextHasOneSpelling) {
  const EntryProof proof{7, R"({"kind":"x"})", {leaf_hash("a"), leaf_hash("b")}, "o\n1\nroot\n\nsignature\n"};
  const std::string text = proof.text();
  const Result<EntryProof> read = EntryProof::parse(text);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read.value().text(), text);
  EXPECT_EQ(read.value().entry, proof.entry);
  EXPECT_EQ(read.value().path, proof.path);
  EXPECT_EQ(read.value().checkpoint, proof.checkpoint);
  EXPECT_FALSE(EntryProof::parse(""));
  EXPECT_FALSE(EntryProof::parse("x" + text));
  EXPECT_FALSE(EntryProof::parse(text.substr(0, 60)));
}

// The example of c2sp.org/tlog-cosignature: its message is signed and verified, and no other.
TEST(Cosignature, IsOfATimeAndTheWholeText) {
  const std::string text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  const codec::SigningKey key = key_for_tests(3);
  const VerifierKey witness{"witness.example", key.public_key(), KeyKind::cosigner};
  EXPECT_EQ(VerifierKey::parse(witness.text()).value(), witness);
  const NoteSignature line = cosign_note(text, "witness.example", key, 1679315147);
  EXPECT_EQ(line.signature.size(), 72U);
  EXPECT_TRUE(codec::verify(key.public_key(), "cosignature/v1\ntime 1679315147\n" + text, line.signature.substr(8)));
  Note note = parse_note(sign_note(text, "log", key_for_tests())).value();
  note.signatures.push_back(line);
  note = parse_note(note.bytes()).value();
  EXPECT_TRUE(verify_note(note, witness));
  EXPECT_FALSE(verify_note(note, VerifierKey{"witness.example", key.public_key(), KeyKind::signer}));
  for (std::size_t at = 0; at < line.signature.size(); ++at) {
    Note changed = note;
    changed.signatures[1].signature[at] = static_cast<char>(changed.signatures[1].signature[at] ^ 1);
    EXPECT_FALSE(verify_note(changed, witness)) << at;
  }
}

TEST(Cosignature, VerifyAsksForItWhereAWitnessIsNamed) {
  const TestRecord record;
  write_whole_run(record, 3);
  const codec::SigningKey key = key_for_tests(3);
  const std::string witness_file = record.run() + "/../witness.pub";
  write_bytes(witness_file, VerifierKey{"witness.example", key.public_key(), KeyKind::cosigner}.text() + '\n');
  const auto verify = [&] { return verify_run(record.run(), {record.trusted_key_file(), witness_file}).value(); };
  EXPECT_EQ(told(verify()).find("ledger/checkpoint: not cosigned by witness.example+"), 0U);
  Note note = parse_note(read_bytes(record.file("ledger/checkpoint"))).value();
  note.signatures.push_back(cosign_note(note.text, "witness.example", key, 1679315147));
  write_bytes(record.file("ledger/checkpoint"), note.bytes());
  EXPECT_EQ(told(verify()), "");
  EXPECT_NE(told(record.verify()).find("name the key of a witness with --witness FILE"), std::string::npos);
  write_bytes(witness_file, verifier_line(key));
  EXPECT_FALSE(verify_run(record.run(), {record.trusted_key_file(), witness_file}));
}

}  // namespace
}  // namespace belljar::ledger
