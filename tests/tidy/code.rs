//! Reads Rust as far as the checks need it: words and signs without comments and strings, and
//! the paths among them.

/// A source file outside its tests.
#[derive(Debug)]
pub(crate) struct Code {
    /// The modules that the file is, from the root of the crate.
    module: Vec<String>,
    /// Words and signs; those in `#[cfg(test)]` items are left out.
    pub(crate) tokens: Vec<String>,
    /// Modules declared as `#[cfg(test)] mod name;`.
    test_modules: Vec<String>,
}

impl Code {
    /// Reads the file at `path`, which starts with `src/`.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let (tokens, test_modules) = without_tests(&tokens(text));
        Self {
            module: module_of(path),
            tokens,
            test_modules,
        }
    }

    /// Where the files of its test modules are, without `.rs`.
    pub(crate) fn test_files(&self) -> Vec<String> {
        let folder = self
            .module
            .iter()
            .fold("src".to_owned(), |path, part| path + "/" + part);
        let files = self.test_modules.iter();
        files.map(|name| format!("{folder}/{name}")).collect()
    }

    /// All paths of more than one part, groups in braces written out, and `super` and `self`
    /// resolved: those of this crate start with `crate`.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        let mut inline: Vec<Option<String>> = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let token = self.tokens[at].as_str();
            match token {
                "{" => {
                    let is_module = at >= 2 && self.tokens[at - 2] == "mod";
                    inline.push(is_module.then(|| self.tokens[at - 1].clone()));
                    at += 1;
                }
                "}" => {
                    inline.pop();
                    at += 1;
                }
                _ if is_word(token) => {
                    let mut found = Vec::new();
                    at = path(&self.tokens, at, &[], &mut found);
                    let module = self.module.iter().chain(inline.iter().flatten());
                    let module: Vec<_> = module.cloned().collect();
                    paths.extend(found.into_iter().filter_map(|path| resolve(&module, path)));
                }
                _ => at += 1,
            }
        }
        paths
    }

    /// Whether `wanted`, words and signs, stand in a row.
    pub(crate) fn says(&self, wanted: &[&str]) -> bool {
        self.tokens.windows(wanted.len()).any(|tokens| {
            tokens
                .iter()
                .zip(wanted)
                .all(|(token, wanted)| token == wanted)
        })
    }
}

/// The modules of the file at `path`.
fn module_of(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let parts = path
        .split('/')
        .filter(|part| !matches!(*part, "lib" | "main"));
    parts.map(str::to_owned).collect()
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Reads the path at `at` behind `before`, and returns what comes after it.
fn path(
    tokens: &[String],
    mut at: usize,
    before: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = before.to_vec();
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    loop {
        if token(at) == "{" {
            at += 1;
            while !matches!(token(at), "}" | "") {
                at = self::path(tokens, at, &path, found);
                if token(at) == "as" {
                    at += 2;
                }
                if token(at) == "," {
                    at += 1;
                }
            }
            return at + 1;
        }
        path.push(token(at).to_owned());
        at += 1;
        let goes_on =
            token(at) == "::" && (is_word(token(at + 1)) || matches!(token(at + 1), "{" | "*"));
        if !goes_on {
            found.push(path);
            return at;
        }
        at += 1;
    }
}

/// The path from the root of the crate, or from that of another crate; `None` for a lone word.
fn resolve(module: &[String], path: Vec<String>) -> Option<Vec<String>> {
    let first = path.first()?.as_str();
    if path.len() < 2 {
        return None;
    }
    let root = vec!["crate".to_owned()];
    Some(match first {
        "self" => [root, module.to_vec(), path[1..].to_vec()].concat(),
        "super" => {
            let up = path.iter().take_while(|part| *part == "super").count();
            let kept = module.len().saturating_sub(up);
            [root, module[..kept].to_vec(), path[up..].to_vec()].concat()
        }
        "patsweep" => [root, path[1..].to_vec()].concat(),
        _ => path,
    })
}

/// Takes out the items under `#[cfg(test)]`, and names those that are modules in other files.
fn without_tests(all: &[String]) -> (Vec<String>, Vec<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut modules, mut at) = (Vec::new(), Vec::new(), 0);
    while at < all.len() {
        let marked =
            all[at..].len() > MARK.len() && all[at..].iter().zip(MARK).all(|(a, b)| a == b);
        if !marked {
            kept.push(all[at].clone());
            at += 1;
            continue;
        }
        at += MARK.len();
        let end = all[at..]
            .iter()
            .position(|token| token == ";" || token == "{");
        let Some(end) = end.map(|end| at + end) else {
            break;
        };
        if all[end] == ";" {
            if all[end - 2] == "mod" {
                modules.push(all[end - 1].clone());
            }
            at = end + 1;
            continue;
        }
        let mut open = 0usize;
        at = end;
        while at < all.len() {
            match all[at].as_str() {
                "{" => open += 1,
                "}" => open -= 1,
                _ => {}
            }
            at += 1;
            if open == 0 {
                break;
            }
        }
    }
    (kept, modules)
}

/// Words and signs of `text`, without comments, strings and characters. `::` is one sign.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = literal(rest) {
            length
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let word = &rest[..end.unwrap_or(rest.len())];
            tokens.push(word.to_owned());
            word.len()
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    tokens
}

/// The length of the comment at the start of `text`; others may be in it.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of the string or character at the start of `text`, if there is one.
fn literal(text: &str) -> Option<usize> {
    let prefixes = ["br", "cr", "r", "b", "c", ""];
    let prefix = prefixes.into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix).unwrap_or("x");
        let raw = prefix.ends_with('r');
        let hashes = rest.trim_start_matches('#');
        rest.starts_with('"')
            || (raw && hashes.starts_with('"'))
            || (*prefix == "b" && rest.starts_with('\''))
    });
    if let Some(prefix) = prefix.filter(|prefix| prefix.ends_with('r')) {
        let rest = &text[prefix.len()..];
        let hashes = rest.len() - rest.trim_start_matches('#').len();
        let close = format!("\"{}", "#".repeat(hashes));
        let start = prefix.len() + hashes + 1;
        return Some(
            text[start..]
                .find(&close)
                .map_or(text.len(), |at| start + at + close.len()),
        );
    }
    if let Some(prefix) = prefix {
        let rest = &text[prefix.len()..];
        let quote = rest.chars().next()?;
        return Some(prefix.len() + quoted(rest, quote));
    }
    // `'a'` and `'\n'` are characters, `'a` is a lifetime.
    let rest = text.strip_prefix('\'')?;
    let mut letters = rest.chars();
    let first = letters.next()?;
    (first == '\\' || letters.next() == Some('\'')).then(|| quoted(text, '\''))
}

/// The length of what stands between quotes at the start of `text`, quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if letter == quote {
            return at + letter.len_utf8();
        }
    }
    text.len()
}

#[test]
fn comments_strings_and_tests_are_left_out() {
    let code = Code::parse(
        "src/detect/run.rs",
        "//! crate::cli::x\n/* crate::a::b /* c */ */ fn a<'a>(x: &'a str) { let _ = '\"'; \"crate::b::c\"; r#\"x::y\" \"#; b'\\''; x::y(); }\n#[cfg(test)]\nmod tests { use z::q; }\n#[cfg(test)]\nmod more;\nfn b() { u::v() }",
    );
    assert_eq!(code.paths(), [["x", "y"], ["u", "v"]]);
    assert_eq!(code.test_files(), ["src/detect/run/more"]);
}

#[test]
fn paths_are_resolved() {
    let paths = |path: &str, text: &str| -> Vec<String> {
        let paths = Code::parse(path, text).paths();
        paths.iter().map(|path| path.join("::")).collect()
    };
    assert_eq!(
        paths(
            "src/detect/run.rs",
            "use crate::{cli, model::{A as B, c::*}}; pub(crate) use super::super::token::{self};"
        ),
        [
            "crate::cli",
            "crate::model::A",
            "crate::model::c::*",
            "crate::token::self"
        ]
    );
    assert_eq!(
        paths(
            "src/detect/mod.rs",
            "mod a { fn f() { super::super::cli::run::<u8>(self::x) } }"
        ),
        ["crate::cli::run", "crate::detect::a::x"]
    );
    assert_eq!(
        paths("src/main.rs", "fn main() { patsweep::cli::run() }"),
        ["crate::cli::run"]
    );
}
