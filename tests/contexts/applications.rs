//! Applications, infrastructure as code, and extensions of editors.

use super::table::Named::{Entry, Nearby, Nobody};
use super::table::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "functions-local-settings",
        path: "local.settings.json",
        text: "{\n  \"IsEncrypted\": false,\n  \"Values\": {\n    \"AzureWebJobsStorage\": \"UseDevelopmentStorage=true\",\n    \"FUNCTIONS_WORKER_RUNTIME\": \"dotnet-isolated\",\n    \"DevOpsUrl\": \"https://dev.azure.com/contoso\",\n    \"DevOpsToken\": \"⟦①⟧\"\n  },\n  \"Host\": {\n    \"CORS\": \"*\"\n  }\n}\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "functions-aggregator",
        path: "aggregator/local.settings.json",
        text: "{\n  \"IsEncrypted\": false,\n  \"Values\": {\n    \"Aggregator_VstsTokenType\": \"PAT\",\n    \"Aggregator_VstsToken\": \"⟦①⟧\"\n  }\n}\n",
        named: &[Nobody],
    },
    Row {
        what: "appsettings",
        path: "appsettings.Production.json",
        text: "\u{feff}{\r\n  \"Logging\": { \"LogLevel\": { \"Default\": \"Information\" } },\r\n  \"AzureDevOps\": {\r\n    \"BaseUrl\": \"https://dev.azure.com/contoso\",\r\n    \"Auth\": {\r\n      \"Kind\": \"pat\",\r\n      \"PersonalAccessToken\": \"⟦①⟧\"\r\n    }\r\n  },\r\n  \"Mirror\": {\r\n    \"Url\": \"https://fabrikam.visualstudio.com\",\r\n    \"Pat\": \"⟦②⟧\"\r\n  },\r\n  \"Board\": { \"AzdoOrg\": \"adatum\", \"Token\": \"⟦③⟧\" }\r\n}\r\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Entry("adatum")],
    },
    Row {
        what: "web-config",
        path: "web.config",
        text: "<configuration>\n  <appSettings>\n    <add key=\"VstsUrl\" value=\"https://contoso.visualstudio.com\" />\n    <add key=\"VstsPat\" value=\"⟦①⟧\" />\n  </appSettings>\n</configuration>\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "terraform-provider",
        path: "main.tf",
        text: "terraform {\n  required_providers {\n    azuredevops = {\n      source  = \"microsoft/azuredevops\"\n      version = \"~> 1.9\"\n    }\n  }\n}\n\nprovider \"azuredevops\" {\n  org_service_url       = \"https://dev.azure.com/contoso\"\n  personal_access_token = \"⟦①⟧\"\n}\n\nprovider \"azuredevops\" {\n  alias                 = \"core\"\n  org_service_url       = \"https://fabrikam.visualstudio.com\"\n  personal_access_token = \"⟦②⟧\"\n}\n\nresource \"azuredevops_variable_group\" \"ci\" {\n  name = \"ci\"\n  variable {\n    name         = \"PAT\"\n    secret_value = \"⟦③⟧\"\n    is_secret    = true\n  }\n}\n",
        named: &[
            Entry("contoso"),
            Entry("fabrikam"),
            Nearby(&["contoso", "fabrikam"]),
        ],
    },
    Row {
        what: "terraform-variables",
        path: "terraform.tfvars",
        text: "location = \"westeurope\"\nazuredevops_org_service_url = \"https://dev.azure.com/contoso\"\nazuredevops_personal_access_token = \"⟦①⟧\"\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "terraform-state",
        path: "terraform.tfstate",
        text: "{\n  \"version\": 4,\n  \"terraform_version\": \"1.13.4\",\n  \"serial\": 7,\n  \"outputs\": {\n    \"pat\": {\n      \"value\": \"⟦①⟧\",\n      \"type\": \"string\",\n      \"sensitive\": true\n    }\n  },\n  \"resources\": [\n    {\n      \"mode\": \"managed\",\n      \"type\": \"azuredevops_serviceendpoint_azuredevops\",\n      \"name\": \"core\",\n      \"instances\": [\n        {\n          \"schema_version\": 0,\n          \"attributes\": {\n            \"description\": \"Managed by Terraform\",\n            \"org_url\": \"https://dev.azure.com/fabrikam\",\n            \"personal_access_token\": \"⟦②⟧\",\n            \"release_api_url\": \"https://vsrm.dev.azure.com/fabrikam\"\n          },\n          \"sensitive_attributes\": []\n        }\n      ]\n    }\n  ]\n}\n",
        named: &[Nearby(&["fabrikam"]), Entry("fabrikam")],
    },
    Row {
        what: "terraform-cloud-init",
        path: "plan.json",
        text: "{\"resource_changes\":[{\"address\":\"azurerm_linux_virtual_machine.agent\",\"change\":{\"after\":{\"custom_data\":\"⟦base64|#cloud-config\nruncmd:\n  - ./config.sh --unattended --url https://dev.azure.com/contoso --auth pat --token ① --pool Default\n⟧\"}}}]}\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "mcp",
        path: ".vscode/mcp.json",
        text: "{\n  \"inputs\": [],\n  \"servers\": {\n    \"ado\": {\n      \"type\": \"stdio\",\n      \"command\": \"npx\",\n      \"args\": [\"-y\", \"@azure-devops/mcp\", \"contoso\", \"-d\", \"core\", \"work\"],\n      \"env\": {\n        \"PERSONAL_ACCESS_TOKEN\": \"⟦base64|anna@contoso.com:①⟧\"\n      }\n    },\n    \"core\": {\n      \"command\": \"npx\",\n      \"args\": [\n        \"-y\",\n        \"@azure-devops/mcp@2.2.0\",\n        \"fabrikam\",\n        \"--authentication\",\n        \"pat\"\n      ],\n      \"env\": {\n        \"PERSONAL_ACCESS_TOKEN\": \"⟦base64|ci@fabrikam.com:②⟧\"\n      }\n    }\n  }\n}\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "mcp-of-others",
        path: "claude_desktop_config.json",
        text: "{\n  \"mcpServers\": {\n    \"azureDevOps\": {\n      \"command\": \"npx\",\n      \"args\": [\"-y\", \"@tiberriver256/mcp-server-azure-devops\"],\n      \"env\": {\n        \"AZURE_DEVOPS_ORG_URL\": \"https://dev.azure.com/contoso\",\n        \"AZURE_DEVOPS_AUTH_METHOD\": \"pat\",\n        \"AZURE_DEVOPS_PAT\": \"⟦①⟧\",\n        \"AZURE_DEVOPS_DEFAULT_PROJECT\": \"Web\"\n      }\n    }\n  }\n}\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "snyk-broker-env",
        path: "broker.env",
        text: "BROKER_TOKEN=00000000-0000-0000-0000-000000000000\nAZURE_REPOS_TOKEN=⟦①⟧\nAZURE_REPOS_ORG=contoso\nAZURE_REPOS_HOST=dev.azure.com\nPORT=8000\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "snyk-broker-docker",
        path: "broker.sh",
        text: "docker run --restart=always -p 8000:8000 \\\n  -e BROKER_TOKEN=00000000-0000-0000-0000-000000000000 \\\n  -e AZURE_REPOS_TOKEN=⟦①⟧ \\\n  -e AZURE_REPOS_ORG=contoso \\\n  -e BROKER_CLIENT_URL=http://broker.contoso.local:8000 \\\n  snyk/broker:azure-repos\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "vsce",
        path: ".vsce",
        text: "{\"publishers\":[{\"name\":\"contoso\",\"pat\":\"⟦①⟧\"},{\"name\":\"fabrikam\",\"pat\":\"⟦②⟧\"}]}",
        named: &[Nobody, Nobody],
    },
    Row {
        what: "vsce-env",
        path: ".env",
        text: "NODE_ENV=production\nVSCE_PAT=\"⟦①⟧\"\nOVSX_PAT=00000000-0000-0000-0000-000000000000\n",
        named: &[Nobody],
    },
    Row {
        what: "renovate",
        path: "config.js",
        text: "module.exports = {\n  platform: 'azure',\n  endpoint: 'https://dev.azure.com/contoso/',\n  token: '⟦①⟧',\n  hostRules: [\n    {\n      matchHost: 'https://pkgs.dev.azure.com/fabrikam/',\n      username: 'apikey',\n      password: '⟦②⟧',\n    },\n  ],\n};\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
];
