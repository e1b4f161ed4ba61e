//! What looks like a token and is none: nothing is found in it.

use std::fmt::Write;

use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD, HEXLOWER, Specification};
use patsweep::detect::Detector;
use patsweep::rules::RuleSet;
use patsweep::token::{Salt, mint};
use sha2::{Digest, Sha256, Sha512};

#[path = "shared/random.rs"]
mod random;
#[path = "quiet/real_code.rs"]
mod real_code;

use random::Random;

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Fails if anything is found in `text`; `what` it is.
#[track_caller]
fn check(what: &str, text: &[u8]) {
    let mut detector = Detector::new(&RuleSet::builtin(), Salt([0; 16]));
    let mut found = Vec::new();
    detector.whole(text, &mut |candidate| {
        found.push((
            candidate.rule,
            candidate.id,
            candidate.encodings,
            candidate.position,
        ));
    });
    assert!(found.is_empty(), "{what}: {found:?}");
}

/// `count` lines, each written by `line`.
fn lines(count: u64, mut line: impl FnMut(&mut Random) -> String) -> String {
    let mut text = String::new();
    for number in 0..count {
        let line = line(&mut Random(number << 32 ^ 0x5EED));
        writeln!(text, "{line}").expect("a string takes all");
    }
    text
}

fn letters(alphabet: &[u8], count: usize, random: &mut Random) -> String {
    (0..count)
        .map(|_| char::from(random.one(alphabet)))
        .collect()
}

fn bytes(count: usize, random: &mut Random) -> Vec<u8> {
    (0..count).map(|_| random.next() as u8).collect()
}

fn sha256(random: &mut Random) -> [u8; 32] {
    Sha256::digest(random.next().to_le_bytes()).into()
}

fn sha512(random: &mut Random) -> [u8; 64] {
    Sha512::digest(random.next().to_le_bytes()).into()
}

#[test]
fn the_check_can_fail() {
    let caught = std::panic::catch_unwind(|| check("a token", mint::pat(1).as_bytes()));
    assert!(caught.is_err());
}

#[test]
fn random_strings_of_the_right_shape() {
    let legacy = lines(400_000, |random| {
        let last = random.one(&['a', 'q']);
        format!("{}{last}", letters(BASE32, 51, random))
    });
    check("base32", legacy.as_bytes());
    let cask = lines(200_000, |random| {
        let head = letters(BASE62, 52, random);
        let (kind, year) = (random.one(&['9', 'D', 'H']), random.one(&['A', 'B', 'C']));
        let month = char::from(b'A' + random.below(12) as u8);
        let middle = letters(BASE62, 5, random);
        let checksum = letters(BASE62, 4, random);
        format!("{head}JQQJ9{kind}{year}{month}ACAAAAA{middle}AAASAZDO{checksum}")
    });
    check("base62", cask.as_bytes());
    let encoded = lines(40_000, |random| {
        let lead = random.below(12);
        let legacy = letters(BASE32, 51, random);
        BASE64.encode(format!("{}{legacy}a", &"lead: pat = "[..lead]).as_bytes())
    });
    check("base64 of base32", encoded.as_bytes());
}

#[test]
fn every_mutant_of_a_legacy_token() {
    for (seed, mint) in [
        (1, mint::legacy_pat as fn(u64) -> String),
        (2, mint::app_secret),
    ] {
        for seed in seed * 100..seed * 100 + 20 {
            let mut text = mint(seed).into_bytes();
            let mut mutants = Vec::new();
            for at in 0..text.len() {
                let genuine = text[at];
                for &other in BASE32.iter().filter(|&&other| other != genuine) {
                    text[at] = other;
                    mutants.extend(&text);
                    mutants.push(b'\n');
                }
                text[at] = genuine;
            }
            check("a mutant", &mutants);
        }
    }
}

#[test]
fn mutants_of_the_new_form() {
    let mutants = lines(100_000, |random| {
        let mut token = mint::pat(random.next()).into_bytes();
        let at = random.below(token.len());
        let others = BASE62.iter().copied().filter(|&other| other != token[at]);
        token[at] = random.one(&others.collect::<Vec<_>>());
        String::from_utf8(token).expect("letters and digits")
    });
    check("a mutant", mutants.as_bytes());
    let lowered = lines(2_000, |random| mint::pat(random.next()).to_lowercase());
    check("lower case", lowered.as_bytes());
    let raised = lines(2_000, |random| {
        mint::legacy_pat(random.next()).to_uppercase()
    });
    check("upper case", raised.as_bytes());
    let cut = lines(2_000, |random| {
        format!("{:?}", &mint::pat(random.next())[1..])
    });
    check("cut", cut.as_bytes());
    let swapped = lines(2_000, |random| {
        let token = mint::legacy_pat(random.next());
        token[26..].to_owned() + &token[..26]
    });
    check("halves swapped", swapped.as_bytes());
}

#[test]
fn digests_and_addresses() {
    let base32 = |bytes: &[u8]| BASE32_NOPAD.encode(bytes).to_lowercase();
    let text = lines(100_000, |random| base32(&sha256(random)));
    check("SHA-256 in base32", text.as_bytes());
    let text = lines(30_000, |random| {
        format!("{}.b32.i2p", base32(&sha256(random)))
    });
    check("I2P", text.as_bytes());
    let text = lines(30_000, |random| {
        format!("cog_{}", base32(&bytes(32, random)))
    });
    check("keys of Devin", text.as_bytes());
    let text = lines(30_000, |random| {
        let mut address = bytes(34, random);
        address.push(3);
        format!("http://{}.onion/", base32(&address))
    });
    check("onion addresses", text.as_bytes());
    let text = lines(30_000, |random| {
        let cid = [&[1, 0x70, 0x12, 0x20][..], &sha256(random)].concat();
        format!("ipfs://b{}/index.html", base32(&cid))
    });
    check("content identifiers of IPFS", text.as_bytes());
    let mut nix = Specification::new();
    nix.symbols.push_str("0123456789abcdfghijklmnpqrsvwxyz");
    let nix = nix.encoding().expect("an alphabet of 32 letters");
    let text = lines(50_000, |random| {
        let sha256 = sha256(random);
        format!(
            "  sha256 = \"{}\";\n  hash = \"sha256-{}\";",
            nix.encode(&sha256),
            BASE64.encode(&sha256)
        )
    });
    check("Nix", text.as_bytes());
}

#[test]
fn lock_files() {
    let hex = |digest: &[u8]| HEXLOWER.encode(digest);
    let text = lines(8_000, |random| {
        let digest = BASE64.encode(&sha512(random));
        let name = letters(&BASE32[..26], 8, random);
        format!(
            "    \"node_modules/{name}\": {{\n      \"version\": \"1.0.0\",\n      \"resolved\": \"https://registry.npmjs.org/{name}/-/{name}-1.0.0.tgz\",\n      \"integrity\": \"sha512-{digest}\"\n    }},"
        )
    });
    check("package-lock.json", text.as_bytes());
    let text = lines(8_000, |random| {
        let name = letters(&BASE32[..26], 8, random);
        let sha1 = hex(&bytes(20, random));
        let digest = BASE64.encode(&sha512(random));
        format!(
            "{name}@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.yarnpkg.com/{name}/-/{name}-1.0.0.tgz#{sha1}\"\n  integrity sha512-{digest}\n"
        )
    });
    check("yarn.lock", text.as_bytes());
    let text = lines(8_000, |random| {
        format!("  checksum: 10c0/{}\n", hex(&sha512(random)))
    });
    check("yarn.lock of yarn 4", text.as_bytes());
    let text = lines(8_000, |random| {
        let name = letters(&BASE32[..26], 8, random);
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{}\"\n",
            hex(&sha256(random))
        )
    });
    check("Cargo.lock", text.as_bytes());
    let text = lines(8_000, |random| {
        let name = letters(&BASE32[..26], 8, random);
        format!(
            "    {{file = \"{name}-1.0.0-py3-none-any.whl\", hash = \"sha256:{}\"}},",
            hex(&sha256(random))
        )
    });
    check("poetry.lock", text.as_bytes());
    let text = lines(8_000, |random| {
        let name = letters(&BASE32[..26], 8, random);
        let (module, file) = (sha256(random), sha256(random));
        format!(
            "github.com/{name}/{name} v1.0.0 h1:{}\ngithub.com/{name}/{name} v1.0.0/go.mod h1:{}",
            BASE64.encode(&module),
            BASE64.encode(&file)
        )
    });
    check("go.sum", text.as_bytes());
    let text = lines(8_000, |random| {
        let name = letters(&BASE32[..26], 8, random);
        format!(
            "{name}==1.0.0 \\\n    --hash=sha256:{} \\\n    --hash=sha256:{}",
            hex(&sha256(random)),
            hex(&sha256(random))
        )
    });
    check("requirements.txt", text.as_bytes());
    let text = lines(8_000, |random| {
        format!(
            "\"{}\": \"sha384-{}\",",
            letters(BASE62, 20, random),
            BASE64.encode(&bytes(48, random))
        )
    });
    check("subresource integrity", text.as_bytes());
}

#[test]
fn random_bytes() {
    let noise = bytes(2 << 20, &mut Random(7));
    check("bytes", &noise);
    check("base64", BASE64.encode(&noise).as_bytes());
    check("base64 for URLs", BASE64URL_NOPAD.encode(&noise).as_bytes());
    check("hex", HEXLOWER.encode(&noise).as_bytes());
    check(
        "base32",
        BASE32_NOPAD.encode(&noise).to_lowercase().as_bytes(),
    );
    let twice = BASE64.encode(BASE64.encode(&noise).as_bytes());
    check("base64 of base64", twice.as_bytes());
    let wide: Vec<u8> = BASE64
        .encode(&noise)
        .bytes()
        .flat_map(|byte| [byte, 0])
        .collect();
    check("base64 in UTF-16", &wide);
    let wrapped: Vec<u8> = BASE64
        .encode(&noise)
        .as_bytes()
        .chunks(76)
        .flat_map(|line| [line, b"\r\n"].concat())
        .collect();
    check("wrapped base64", &wrapped);
    let keys = lines(2_000, |random| {
        let body: Vec<String> = (0..25).map(|_| letters(BASE62, 64, random)).collect();
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
            body.join("\n")
        )
    });
    check("keys", keys.as_bytes());
}
