//! Scripts, source code, and requests.

use super::table::Named::{Entry, Nearby, Nobody};
use super::table::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "powershell",
        path: "backup.ps1",
        text: "param([string]$Project = 'Web')\r\n$OrganizationUrl = 'https://dev.azure.com/contoso'\r\n$MyPat = '⟦①⟧'\r\n$B64Pat = [Convert]::ToBase64String([System.Text.Encoding]::UTF8.GetBytes(\":$MyPat\"))\r\n$headers = @{ Authorization = \"Basic ⟦base64|:②⟧\" }\r\nInvoke-RestMethod -Uri \"$OrganizationUrl/_apis/projects\" -Headers $headers\r\n",
        named: &[Nearby(&["contoso"]), Nearby(&["contoso"])],
    },
    Row {
        what: "powershell-encoded-command",
        path: "task.cmd",
        text: "@echo off\r\npowershell.exe -NoProfile -EncodedCommand ⟦base64 utf-16le|$pat = '①'\r\ngit clone https://fabrikam:$pat@dev.azure.com/contoso/Web/_git/web\r\n⟧\r\nrem https://dev.azure.com/fabrikam\r\n",
        named: &[Nearby(&["contoso", "fabrikam"])],
    },
    Row {
        what: "powershell-encoded-url",
        path: "task.xml",
        text: "<Exec><Command>powershell</Command><Arguments>-enc ⟦base64 utf-16le|git clone https://①@dev.azure.com/contoso/Web/_git/web⟧</Arguments></Exec>\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "curl",
        path: "projects.sh",
        text: "#!/bin/sh\ncurl -s -u :⟦①⟧ https://dev.azure.com/contoso/_apis/projects?api-version=7.1 | jq .\ncurl --user \"ci:⟦②⟧\" \\\n  --request POST \\\n  \"https://fabrikam.visualstudio.com/_apis/wit/workitems?api-version=7.1\"\nwget --header=\"Authorization: Basic ⟦base64|:③⟧\" https://vsrm.dev.azure.com/contoso/Web/_apis/release/releases\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Entry("contoso")],
    },
    Row {
        what: "c-sharp",
        path: "Program.cs",
        text: "using Microsoft.VisualStudio.Services.Common;\nusing Microsoft.VisualStudio.Services.WebApi;\n\ninternal static class Program\n{\n    private static readonly Uri Organization = new(\"https://dev.azure.com/contoso\");\n    private const string Pat = \"⟦①⟧\";\n\n    private static void Main()\n    {\n        var connection = new VssConnection(Organization, new VssBasicCredential(string.Empty, Pat));\n        var other = new VssConnection(new Uri(\"https://fabrikam.visualstudio.com\"), new VssBasicCredential(\"\", \"⟦②⟧\"));\n    }\n}\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "python",
        path: "report.py",
        text: "from azure.devops.connection import Connection\nfrom msrest.authentication import BasicAuthentication\n\npersonal_access_token = '⟦①⟧'\norganization_url = 'https://dev.azure.com/contoso'\n\ncredentials = BasicAuthentication('', personal_access_token)\nconnection = Connection(base_url=organization_url, creds=credentials)\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "javascript",
        path: "index.mjs",
        text: "import * as azdev from 'azure-devops-node-api';\nconst handler = azdev.getPersonalAccessTokenHandler('⟦①⟧');\nconst connection = new azdev.WebApi('https://dev.azure.com/contoso', handler);\nconst url = `https://x:⟦②⟧@dev.azure.com/${org}/Web/_git/web`;\n",
        named: &[Nearby(&["contoso"]), Nobody],
    },
    Row {
        what: "minified",
        path: "app.min.js",
        text: "!function(){var n=\"x\",t={o:\"https://dev.azure.com/contoso\",p:\"⟦①⟧\"},e={o:\"https://dev.azure.com/fabrikam\",p:\"⟦②⟧\"};fetch(t.o),fetch(e.o)}();\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,⟦base64|{\"version\":3,\"sources\":[\"app.js\"],\"sourcesContent\":[\"fetch('https://dev.azure.com/contoso/_apis', {pat: '③'})\"]}⟧\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Entry("contoso")],
    },
    Row {
        what: "http-file",
        path: "api.http",
        text: "@version = 7.1\n\n### projects\nGET https://dev.azure.com/contoso/_apis/projects?api-version={{version}}\nAccept: application/json\nAuthorization: Basic ⟦base64|:①⟧\n\n### work items\nPOST https://fabrikam.visualstudio.com/_apis/wit/wiql HTTP/1.1\nContent-Type: application/json\nAuthorization: Basic ⟦base64|ci:②⟧\n\n{ \"query\": \"SELECT [System.Id] FROM WorkItems\" }\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "har",
        path: "dev.azure.com.har",
        text: "{\n  \"log\": {\n    \"version\": \"1.2\",\n    \"entries\": [\n      {\n        \"startedDateTime\": \"2025-11-03T10:00:00.000Z\",\n        \"request\": {\n          \"method\": \"GET\",\n          \"url\": \"https://dev.azure.com/contoso/_apis/projects\",\n          \"headers\": [\n            { \"name\": \"Accept\", \"value\": \"application/json\" },\n            {\n              \"name\": \"Authorization\",\n              \"value\": \"Basic ⟦base64|:①⟧\"\n            }\n          ]\n        },\n        \"response\": { \"status\": 200, \"headers\": [] }\n      },\n      {\n        \"request\": {\n          \"method\": \"GET\",\n          \"url\": \"https://fabrikam.visualstudio.com/_apis/projects\",\n          \"headers\": [\n            {\n              \"name\": \"Authorization\",\n              \"value\": \"Basic ⟦base64|:②⟧\"\n            }\n          ]\n        }\n      }\n    ]\n  }\n}\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "postman",
        path: "contoso.postman_collection.json",
        text: "{\n\t\"info\": {\n\t\t\"name\": \"Contoso\",\n\t\t\"schema\": \"https://schema.getpostman.com/json/collection/v2.1.0/collection.json\"\n\t},\n\t\"item\": [\n\t\t{\n\t\t\t\"name\": \"projects\",\n\t\t\t\"request\": {\n\t\t\t\t\"method\": \"GET\",\n\t\t\t\t\"header\": [\n\t\t\t\t\t{\n\t\t\t\t\t\t\"key\": \"Authorization\",\n\t\t\t\t\t\t\"value\": \"Basic ⟦base64|:①⟧\"\n\t\t\t\t\t}\n\t\t\t\t],\n\t\t\t\t\"url\": {\n\t\t\t\t\t\"raw\": \"https://dev.azure.com/contoso/_apis/projects\",\n\t\t\t\t\t\"protocol\": \"https\",\n\t\t\t\t\t\"host\": [\"dev\", \"azure\", \"com\"],\n\t\t\t\t\t\"path\": [\"contoso\", \"_apis\", \"projects\"]\n\t\t\t\t}\n\t\t\t}\n\t\t},\n\t\t{\n\t\t\t\"name\": \"items\",\n\t\t\t\"request\": {\n\t\t\t\t\"auth\": {\n\t\t\t\t\t\"type\": \"basic\",\n\t\t\t\t\t\"basic\": [\n\t\t\t\t\t\t{ \"key\": \"password\", \"value\": \"⟦②⟧\", \"type\": \"string\" }\n\t\t\t\t\t]\n\t\t\t\t},\n\t\t\t\t\"method\": \"GET\",\n\t\t\t\t\"url\": {\n\t\t\t\t\t\"raw\": \"https://fabrikam.visualstudio.com/_apis/wit/workitems/1\"\n\t\t\t\t}\n\t\t\t}\n\t\t}\n\t]\n}\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "postman-environment",
        path: "contoso.postman_environment.json",
        text: "{\n\t\"name\": \"Contoso\",\n\t\"values\": [\n\t\t{\n\t\t\t\"key\": \"baseUrl\",\n\t\t\t\"value\": \"https://dev.azure.com/contoso\",\n\t\t\t\"enabled\": true\n\t\t},\n\t\t{\n\t\t\t\"key\": \"pat\",\n\t\t\t\"value\": \"⟦①⟧\",\n\t\t\t\"type\": \"secret\",\n\t\t\t\"enabled\": true\n\t\t}\n\t]\n}\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "batch-and-escapes",
        path: "set.bat",
        text: "set ADO_PAT=⟦①⟧\r\nset \"URL=https://%ADO_PAT%@dev.azure.com/contoso/Web/_git/web\"\r\n",
        named: &[Nearby(&["contoso"])],
    },
];
