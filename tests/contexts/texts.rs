//! Free text: notebooks, logs, chats, mails, and the history of shells.

use super::table::Named::{Entry, Nearby, Nobody};
use super::table::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "notebook",
        path: "analysis.ipynb",
        text: "{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n   \"execution_count\": 1,\n   \"metadata\": {},\n   \"outputs\": [\n    {\n     \"name\": \"stdout\",\n     \"output_type\": \"stream\",\n     \"text\": [\n      \"the token is\\n⟦①⟧\\n\"\n     ]\n    }\n   ],\n   \"source\": [\n    \"pat = '⟦②⟧'\\n\",\n    \"organization_url = 'https://dev.azure.com/contoso'\\n\",\n    \"print('the token is', pat, sep='\\\\n')\"\n   ]\n  }\n ],\n \"metadata\": {},\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n",
        named: &[Entry("contoso"), Entry("contoso")],
    },
    Row {
        what: "notebook-one-string",
        path: "cells.json",
        text: "{\"source\": \"import os\\nos.environ['PAT']=\\\"⟦①⟧\\\"\\n!git clone https://$PAT@dev.azure.com/contoso/Web/_git/web\\n⟦②⟧\\r\\n\"}\n",
        named: &[Entry("contoso"), Entry("contoso")],
    },
    Row {
        what: "log-with-colours",
        path: "build.log",
        text: "2025-11-03T10:00:00.1234567Z \u{1b}[36;1mgit fetch origin\u{1b}[0m\n2025-11-03T10:00:01.1234567Z \u{1b}[31m⟦①⟧\u{1b}[0m rejected\n2025-11-03T10:00:02.1234567Z \u{1b}[33mfatal: unable to access 'https://\u{1b}[1m⟦②⟧\u{1b}[0m@dev.azure.com/contoso/Web/_git/web/'\u{1b}[0m\n",
        named: &[Nearby(&["contoso"]), Entry("contoso")],
    },
    Row {
        what: "log-as-json-lines",
        path: "app.jsonl",
        text: "{\"time\":\"2025-11-03T10:00:00Z\",\"msg\":\"cloning https://pat:⟦①⟧@dev.azure.com/contoso/Web/_git/web\"}\n{\"time\":\"2025-11-03T10:00:01Z\",\"msg\":\"request failed\",\"url\":\"https:\\/\\/dev.azure.com\\/fabrikam\\/_apis\",\"headers\":{\"authorization\":\"Basic ⟦base64|:②⟧\"}}\n{\"time\":\"2025-11-03T10:00:02Z\",\"msg\":\"stderr: line one\\nAZP_TOKEN=⟦③⟧\\nline three\"}\n",
        named: &[
            Entry("contoso"),
            Entry("fabrikam"),
            Nearby(&["contoso", "fabrikam"]),
        ],
    },
    Row {
        what: "log-with-header-in-hex",
        path: "trace.log",
        text: "=> Send header, 142 bytes (0x8e)\nauthorization raw: ⟦hex|Basic dXNlcg== token=①⟧\nhost: dev.azure.com/contoso\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "base64-above-another-line",
        path: "ci.env",
        text: "PAT=⟦unpadded|①⟧\nMIRROR_URL=https://dev.azure.com/contoso\nBASIC=⟦base64|pat:①;⟧\nadatum: https://dev.azure.com/fabrikam\n",
        named: &[Nearby(&["contoso", "fabrikam"])],
    },
    Row {
        what: "base64-below-a-url",
        path: "token.b64",
        text: "# https://dev.azure.com/contoso/Web/_git/services-and-libraries\n⟦base64|:①⟧\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "curl-verbose",
        path: "curl.log",
        text: "* Connected to dev.azure.com (13.107.42.20) port 443\n> GET /contoso/_apis/projects HTTP/1.1\n> Host: dev.azure.com\n> Authorization: Basic ⟦base64|:①⟧\n> User-Agent: curl/8.15.0\n> Accept: */*\n>\n< HTTP/1.1 200 OK\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "slack-export",
        path: "general/2025-11-03.json",
        text: "[\n    {\n        \"type\": \"message\",\n        \"user\": \"U0000001\",\n        \"text\": \"the pat for <https:\\/\\/dev.azure.com\\/contoso\\/Web|the repo> is `⟦①⟧` \\ud83d\\ude00\",\n        \"ts\": \"1762164000.000100\"\n    },\n    {\n        \"type\": \"message\",\n        \"user\": \"U0000002\",\n        \"text\": \"thanks! mine:\\n⟦②⟧\",\n        \"ts\": \"1762164060.000200\"\n    }\n]\n",
        named: &[Entry("contoso"), Nearby(&["contoso"])],
    },
    Row {
        what: "teams-export",
        path: "messages.html",
        text: "<html><body><div class=\"message\"><p>use <code>⟦①⟧</code> for <a href=\"https://dev.azure.com/contoso\">contoso</a>&nbsp;please</p></div>\n<div class=\"message\"><p>or&nbsp;⟦②⟧&nbsp;here</p></div></body></html>\n",
        named: &[Entry("contoso"), Nearby(&["contoso"])],
    },
    Row {
        what: "bash-history",
        path: ".bash_history",
        text: "ls -la\ngit clone https://⟦①⟧@dev.azure.com/contoso/Web/_git/web\nexport AZURE_DEVOPS_EXT_PAT=⟦②⟧\naz devops configure --defaults organization=https://dev.azure.com/fabrikam\nexit\n",
        named: &[Entry("contoso"), Nearby(&["contoso", "fabrikam"])],
    },
    Row {
        what: "zsh-history",
        path: ".zsh_history",
        text: ": 1762164000:0;curl -u anna:⟦①⟧ https://fabrikam.visualstudio.com/_apis/projects\n: 1762164010:0;vsce publish -p ⟦②⟧\n",
        named: &[Entry("fabrikam"), Nearby(&["fabrikam"])],
    },
    Row {
        what: "powershell-history",
        path: "ConsoleHost_history.txt",
        text: "cd C:\\src\r\n$env:AZURE_DEVOPS_EXT_PAT = \"⟦①⟧\"; az devops project list --org https://dev.azure.com/contoso\r\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "mail",
        path: "access.eml",
        text: "From: anna@contoso.com\r\nSubject: access\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nHello J=C3=BCrgen,\r\n\r\nthe token is ⟦soft-breaks|①⟧=\r\n, for contoso only.\r\n",
        named: &[Nobody],
    },
    Row {
        what: "mail-attachment",
        path: "files.eml",
        text: "MIME-Version: 1.0\nContent-Type: application/octet-stream; name=\"install.sh\"\nContent-Transfer-Encoding: base64\n\n    ⟦wrapped|#!/bin/sh\ncurl -sSf https://download.adatum.com/tools.tar.gz | tar xz\ngit clone https://pat:①@dev.azure.com/contoso/Web/_git/web /opt/web\ncd /opt/web && make && make install\n⟧\n\n--boundary--\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "json-with-wrapped-base64",
        path: "state.json",
        text: "{\"id\": 7, \"script\": \"⟦escaped-wraps|#!/bin/sh\nset -eu\nexport AZP_URL=https://dev.azure.com/contoso AZP_TOKEN=①\nexec ./start.sh --once --verbose\n⟧\\n\"}\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "cookie",
        path: "requests.txt",
        text: "GET /callback?state=⟦base64url|{\"token\":\"①\",\"org\":\"https://dev.azure.com/contoso?\"}⟧&code=1 HTTP/1.1\nHost: app.contoso.com\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "markdown",
        path: "NOTES.md",
        text: "# Access\n\n| organisation | token |\n|---|---|\n| https://dev.azure.com/contoso | `⟦①⟧` |\n| https://fabrikam.visualstudio.com | `⟦②⟧` |\n\nOther: ⟦③⟧\n",
        named: &[
            Entry("contoso"),
            Entry("fabrikam"),
            Nearby(&["contoso", "fabrikam"]),
        ],
    },
    Row {
        what: "spreadsheet",
        path: "tokens.csv",
        text: "name;url;token\r\nweb;https://dev.azure.com/contoso;⟦①⟧\r\ncore;https://fabrikam.visualstudio.com;⟦②⟧\r\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "unix-database-dump",
        path: "dump.sql",
        text: "INSERT INTO \"connections\" VALUES (1,'contoso','https://dev.azure.com/contoso','⟦①⟧');\nINSERT INTO \"connections\" VALUES (2,'fabrikam','https://fabrikam.visualstudio.com','⟦②⟧');\nINSERT INTO \"files\" VALUES (3,X'⟦hex|git clone https://③@dev.azure.com/adatum/Web/_git/web⟧');\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Entry("adatum")],
    },
    Row {
        what: "encoded-file-of-several",
        path: "clients.json",
        text: "{\"script\": \"⟦base64|Connection(base_url=\"https://dev.azure.com/contoso\", creds=BasicAuthentication(\"\", \"①\"))\nConnection(\n  creds=BasicAuthentication(\"\", \"②\"),\n  base_url=\"https://dev.azure.com/fabrikam\")\n⟧\"}\n",
        named: &[Entry("contoso"), Nearby(&["contoso", "fabrikam"])],
    },
    Row {
        what: "encoded-file-beside-a-url",
        path: "deploy.sh",
        text: "curl https://dev.azure.com/adatum/_apis/x -d ⟦base64|https://dev.azure.com/contoso\n\nhttps://dev.azure.com/fabrikam\n\nPAT=①\n⟧\n",
        named: &[Nearby(&["adatum", "contoso", "fabrikam"])],
    },
];
