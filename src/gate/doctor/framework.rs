//! Which of our hooks a repository has in its configuration of the pre-commit framework.

use super::super::hooks::Hook;

/// The hooks of this program that `configuration`, a `.pre-commit-config.yaml`, names: their ids, and
/// what each is made for.
pub fn framework_hooks(configuration: &str) -> Vec<(String, Hook)> {
    let ids = configuration.lines().filter_map(|line| {
        let line = line.trim_start_matches([' ', '-']);
        let value = line.strip_prefix("id:")?;
        let value = value.split(" #").next().unwrap_or(value);
        Some(value.trim().trim_matches(['"', '\'']))
    });
    let ours = ids.filter_map(|id| {
        let name = id.strip_suffix("-system").unwrap_or(id);
        let hook = match name.strip_prefix("patsweep")? {
            "" => Hook::PreCommit,
            "-commit-msg" => Hook::CommitMsg,
            "-pre-push" => Hook::PrePush,
            _ => return None,
        };
        Some((id.to_owned(), hook))
    });
    ours.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_hooks_are_found_by_their_ids() {
        let configuration = "repos:\n- repo: x\n  rev: v1\n  hooks:\n  - id: black\n  - id: patsweep # ours\n    \
                             args: []\n  -   id: 'patsweep-commit-msg-system'\n  - id: patsweep-other\n\
                             - repo: local\n  hooks:\n  - name: a\n    id: \"patsweep-pre-push\"\n# - id: patsweep\n";
        let expected = [
            ("patsweep", Hook::PreCommit),
            ("patsweep-commit-msg-system", Hook::CommitMsg),
            ("patsweep-pre-push", Hook::PrePush),
        ];
        let expected = expected.map(|(id, hook)| (id.to_owned(), hook));
        assert_eq!(framework_hooks(configuration), expected);
        assert_eq!(framework_hooks(""), []);
    }
}
