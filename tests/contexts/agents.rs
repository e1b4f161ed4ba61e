//! The command line of Azure DevOps, its agents, and pipelines.

use super::table::Named::{Entry, Nearby, Nobody};
use super::table::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "az-devops-tokens",
        path: ".azure/azuredevops/personalAccessTokens",
        text: "[azdevops-cli:default]\npersonal access token = ⟦①⟧\n\n[azdevops-cli:https://dev.azure.com/contoso]\npersonal access token = ⟦②⟧\n\n[azdevops-cli:https://fabrikam.visualstudio.com]\npersonal access token = ⟦③⟧\n\n",
        named: &[
            Nearby(&["contoso", "fabrikam"]),
            Entry("contoso"),
            Entry("fabrikam"),
        ],
    },
    Row {
        what: "az-devops-env",
        path: ".env",
        text: "AZURE_DEVOPS_EXT_PAT=⟦①⟧\nAZURE_DEVOPS_ORG=contoso\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "az-devops-login",
        path: "login.sh",
        text: "#!/usr/bin/env bash\necho ⟦①⟧ | az devops login --organization https://dev.azure.com/contoso\nAZURE_DEVOPS_EXT_PAT=⟦②⟧ az repos list --org https://dev.azure.com/fabrikam --project Core\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "agent-config-sh",
        path: "install-agent.sh",
        text: "#!/bin/bash\nset -e\ncurl -sSfLO https://download.agent.dev.azure.com/agent/4.261.0/vsts-agent-linux-x64-4.261.0.tar.gz\ntar xzf vsts-agent-linux-x64-4.261.0.tar.gz\n./config.sh --unattended --url https://dev.azure.com/contoso --auth pat --token ⟦①⟧ --pool Default --agent \"$HOSTNAME\" --acceptTeeEula\nsudo ./svc.sh install\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "agent-config-cmd",
        path: "install-agent.cmd",
        text: "@echo off\r\ncd /d C:\\agent\r\n.\\config.cmd --unattended ^\r\n  --url https://fabrikam.visualstudio.com ^\r\n  --auth pat --token ⟦①⟧ ^\r\n  --pool Default --runAsService\r\n",
        named: &[Entry("fabrikam")],
    },
    Row {
        what: "agent-docker",
        path: "run-agent.sh",
        text: "docker run -d --name agent \\\n  -e AZP_URL=\"https://dev.azure.com/contoso\" \\\n  -e AZP_TOKEN=\"⟦①⟧\" \\\n  -e AZP_POOL=\"Default\" \\\n  azp-agent:linux\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "agent-compose",
        path: "docker-compose.yml",
        text: "services:\n  agent:\n    image: azp-agent:linux\n    restart: always\n    environment:\n      AZP_URL: https://dev.azure.com/contoso\n      AZP_TOKEN: ⟦①⟧\n      AZP_POOL: Default\n  core:\n    image: azp-agent:linux\n    environment:\n      - AZP_URL=https://dev.azure.com/fabrikam\n      - AZP_TOKEN=⟦②⟧\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "agent-env",
        path: ".env",
        text: "AZP_URL=https://dev.azure.com/contoso\nAZP_TOKEN=⟦①⟧\nAZP_POOL=Default\nVSTS_AGENT_INPUT_TOKEN='⟦②⟧'\n",
        named: &[Nearby(&["contoso"]), Nearby(&["contoso"])],
    },
    Row {
        what: "agent-token-file",
        path: ".token",
        text: "UTF-16LE\n⟦①⟧\r\n",
        named: &[Nobody],
    },
    Row {
        what: "agent-token-file-of-linux",
        path: ".token",
        text: "⟦①⟧",
        named: &[Nobody],
    },
    Row {
        what: "agent-transcript",
        path: "transcript.txt",
        text: "UTF-16LE\n**********************\r\nWindows PowerShell transcript start\r\nUsername: CONTOSO\\Jürgen\r\n**********************\r\nPS C:\\agent> .\\config.cmd --url https://dev.azure.com/contoso --auth pat --token ⟦①⟧\r\n>> Connect:\r\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "pipeline",
        path: "azure-pipelines.yml",
        text: "trigger:\n- main\nvariables:\n- name: FeedUrl\n  value: https://pkgs.dev.azure.com/fabrikam/_packaging/core/nuget/v3/index.json\nsteps:\n- checkout: self\n- script: |\n    az devops configure --defaults organization=https://dev.azure.com/contoso project=Web\n    az pipelines list\n  displayName: list\n  env:\n    AZURE_DEVOPS_EXT_PAT: ⟦①⟧\n- bash: git push https://⟦②⟧@dev.azure.com/fabrikam/Core/_git/core HEAD:main\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "github-workflow",
        path: ".github/workflows/sync.yml",
        text: "on: push\njobs:\n  sync:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n      - name: Work items\n        uses: danhellem/github-actions-issue-to-work-item@v2.5\n        env:\n          ado_token: \"⟦①⟧\"\n          ado_organization: contoso\n          ado_project: Web\n",
        named: &[Entry("contoso")],
    },
];
