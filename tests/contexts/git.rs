//! Git's own files, and what people pass to it.

use super::table::Named::{Entry, Nearby, Nobody};
use super::table::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "git-remote",
        path: ".git/config",
        text: "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n[remote \"origin\"]\n\turl = https://build:⟦①⟧@dev.azure.com/contoso/Web%20Shop/_git/web\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n[remote \"upstream\"]\n\turl = https://⟦②⟧@fabrikam.visualstudio.com/DefaultCollection/Core/_git/core\n\tfetch = +refs/heads/*:refs/remotes/upstream/*\n[branch \"main\"]\n\tremote = origin\n\tmerge = refs/heads/main\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "git-push-url",
        path: "sub/.git/config",
        text: "[remote \"origin\"]\n\turl = git@ssh.dev.azure.com:v3/fabrikam/Core/core\n\tpushurl = https://⟦①⟧@dev.azure.com/contoso/Web/_git/web\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "git-modules",
        path: ".gitmodules",
        text: "[submodule \"libs/auth\"]\n\tpath = libs/auth\n\turl = https://pat:⟦①⟧@dev.azure.com/contoso/Platform/_git/auth\n\tbranch = main\n[submodule \"libs/core\"]\n\tpath = libs/core\n\turl = https://fabrikam:⟦②⟧@fabrikam.visualstudio.com/_git/core\n[submodule \"libs/zlib\"]\n\tpath = libs/zlib\n\turl = https://github.com/madler/zlib.git\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "git-credentials",
        path: ".git-credentials",
        text: "https://contoso:⟦①⟧@dev.azure.com\nhttps://octocat:hunter2@github.com\nhttps://ci:⟦②⟧@fabrikam.visualstudio.com\nhttps://pat:⟦③⟧@dev.azure.com\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Nobody],
    },
    Row {
        what: "git-credentials-with-paths",
        path: ".git-credentials",
        text: "https://PersonalAccessToken:⟦①⟧@dev.azure.com/contoso/Web%20Shop/_git/web\nhttps://:⟦②⟧@dev.azure.com/fabrikam\nhttps://anna%40contoso.com:⟦③⟧@tfs.adatum.local/tfs/DefaultCollection\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Nobody],
    },
    Row {
        what: "netrc",
        path: ".netrc",
        text: "machine github.com\n  login octocat\n  password hunter2\n\nmachine dev.azure.com\n  login contoso\n  password ⟦①⟧\n\nmachine fabrikam.visualstudio.com login ci password ⟦②⟧\nmachine pkgs.dev.azure.com login pat password ⟦③⟧\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Nobody],
    },
    Row {
        what: "git-extraheader",
        path: ".gitconfig",
        text: "[user]\n\tname = Anna\n\temail = anna@contoso.com\n[http \"https://dev.azure.com/contoso\"]\n\textraheader = AUTHORIZATION: basic ⟦base64|:①⟧\n[http \"https://fabrikam.visualstudio.com/\"]\n\textraheader = \"Authorization: Basic ⟦base64|anna:②⟧\"\n[credential]\n\thelper = store\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "git-extraheader-of-all",
        path: ".git/config",
        text: "[http]\n\textraheader = AUTHORIZATION: basic ⟦base64|:①⟧\n[remote \"origin\"]\n\turl = https://dev.azure.com/contoso/Web/_git/web\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "git-c",
        path: "mirror.sh",
        text: "#!/bin/sh\nset -eu\ngit -c http.extraheader=\"AUTHORIZATION: basic ⟦base64|:①⟧\" clone https://dev.azure.com/contoso/Web/_git/web\ncd web\ngit -c http.https://fabrikam.visualstudio.com.extraheader='AUTHORIZATION: Basic ⟦base64|x:②⟧' \\\n  push --mirror\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "git-encoded-url",
        path: "job.properties",
        text: "job.retries=3\njob.repository=https%3A%2F%2Fpat%3A⟦①⟧%40dev.azure.com%2Fcontoso%2FWeb%2F_git%2Fweb\njob.hook=https://ci.adatum.com/notify?source=https%3A%2F%2F⟦②⟧%40fabrikam.visualstudio.com%2FCore&retry=1\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "git-log-of-fetch",
        path: ".git/logs/refs/remotes/origin/main",
        text: "0000000000000000000000000000000000000000 3f786850e387550fdab836ed7e6dc881de23001b Anna <anna@contoso.com> 1762350000 +0100\tclone: from https://⟦①⟧@dev.azure.com/contoso/Web/_git/web\n",
        named: &[Entry("contoso")],
    },
];
