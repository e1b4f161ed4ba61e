//! Package managers and their feeds.

use super::table::Named::{Entry, Nearby, Nobody};
use super::table::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "npmrc",
        path: ".npmrc",
        text: "registry=https://pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/\nalways-auth=true\n; begin auth token\n//pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/:username=contoso\n//pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/:_password=⟦base64|①⟧\n//pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/:email=npm requires email to be set but doesn't use the value\n//pkgs.dev.azure.com/contoso/_packaging/web/npm/:username=contoso\n//pkgs.dev.azure.com/contoso/_packaging/web/npm/:_password=⟦base64|①⟧\n//pkgs.dev.azure.com/contoso/_packaging/web/npm/:email=npm requires email to be set but doesn't use the value\n; end auth token\n@fabrikam:registry=https://fabrikam.pkgs.visualstudio.com/_packaging/core/npm/registry/\n//fabrikam.pkgs.visualstudio.com/_packaging/core/npm/registry/:_authToken=⟦②⟧\n//registry.npmjs.org/:_password=\"⟦base64|③⟧\"\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Nobody],
    },
    Row {
        what: "npmrc-auth",
        path: "app/.npmrc",
        text: "//pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/:_auth=⟦base64|contoso:①⟧\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "yarnrc",
        path: ".yarnrc.yml",
        text: "nodeLinker: node-modules\nnpmRegistries:\n  \"https://pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/\":\n    npmAlwaysAuth: true\n    npmAuthIdent: \"contoso:⟦①⟧\"\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "nuget",
        path: "NuGet.config",
        text: "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<configuration>\r\n  <packageSources>\r\n    <clear />\r\n    <add key=\"nuget.org\" value=\"https://api.nuget.org/v3/index.json\" protocolVersion=\"3\" />\r\n    <add key=\"Contoso Feed\" value=\"https://pkgs.dev.azure.com/contoso/_packaging/feed/nuget/v3/index.json\" />\r\n    <add key=\"fabrikam\" value=\"https://fabrikam.pkgs.visualstudio.com/_packaging/core/nuget/v3/index.json\" />\r\n  </packageSources>\r\n  <packageSourceCredentials>\r\n    <Contoso_x0020_Feed>\r\n      <add key=\"Username\" value=\"anna\" />\r\n      <add key=\"ClearTextPassword\" value=\"⟦①⟧\" />\r\n    </Contoso_x0020_Feed>\r\n    <fabrikam>\r\n      <add key=\"Username\" value=\"ci\" />\r\n      <add key=\"ClearTextPassword\" value=\"⟦②⟧\" />\r\n    </fabrikam>\r\n  </packageSourceCredentials>\r\n</configuration>\r\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "nuget-in-utf-16",
        path: "NuGet.Config",
        text: "UTF-16LE\n<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<configuration>\r\n  <packageSources>\r\n    <add key=\"feed\" value=\"https://pkgs.dev.azure.com/contoso/_packaging/feed/nuget/v3/index.json\" />\r\n  </packageSources>\r\n  <packageSourceCredentials>\r\n    <feed>\r\n      <add key=\"Username\" value=\"Jürgen\" />\r\n      <add key=\"ClearTextPassword\" value=\"⟦①⟧\" />\r\n    </feed>\r\n  </packageSourceCredentials>\r\n</configuration>\r\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "nuget-endpoints-in-dockerfile",
        path: "Dockerfile",
        text: "FROM mcr.microsoft.com/dotnet/sdk:9.0 AS build\nWORKDIR /src\nENV NUGET_CREDENTIALPROVIDER_SESSIONTOKENCACHE_ENABLED true\nENV VSS_NUGET_EXTERNAL_FEED_ENDPOINTS=\"{\\\"endpointCredentials\\\": [{\\\"endpoint\\\":\\\"https://pkgs.dev.azure.com/contoso/_packaging/feed/nuget/v3/index.json\\\", \\\"username\\\":\\\"docker\\\", \\\"password\\\":\\\"⟦①⟧\\\"}, {\\\"endpoint\\\":\\\"https://fabrikam.pkgs.visualstudio.com/_packaging/core/nuget/v3/index.json\\\", \\\"username\\\":\\\"docker\\\", \\\"password\\\":\\\"⟦②⟧\\\"}]}\"\nCOPY . .\nRUN dotnet restore && dotnet publish -c Release -o /app\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "nuget-endpoints-in-shell",
        path: "restore.sh",
        text: "export VSS_NUGET_EXTERNAL_FEED_ENDPOINTS='{\"endpointCredentials\": [{\"endpoint\":\"https://pkgs.dev.azure.com/contoso/_packaging/feed/nuget/v3/index.json\", \"username\":\"\", \"password\":\"⟦①⟧\"}]}'\ndotnet nuget add source https://pkgs.dev.azure.com/fabrikam/_packaging/core/nuget/v3/index.json \\\n  --name core --username ci --password ⟦②⟧ --store-password-in-clear-text\ndotnet restore --interactive\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "nuget-token-argument",
        path: "app/Dockerfile",
        text: "FROM mcr.microsoft.com/dotnet/sdk:9.0\nARG FEED_ACCESSTOKEN=⟦①⟧\nENV VSS_NUGET_EXTERNAL_FEED_ENDPOINTS {\\\"endpointCredentials\\\": [{\\\"endpoint\\\":\\\"https://pkgs.dev.azure.com/contoso/_packaging/feed/nuget/v3/index.json\\\", \\\"password\\\":\\\"${FEED_ACCESSTOKEN}\\\"}]}\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "pip",
        path: "pip.conf",
        text: "[global]\nindex-url=https://build:⟦①⟧@pkgs.dev.azure.com/contoso/Data/_packaging/py/pypi/simple/\nextra-index-url=\n    https://pypi.org/simple\n    https://⟦②⟧@fabrikam.pkgs.visualstudio.com/_packaging/core/pypi/simple/\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "requirements",
        path: "requirements.txt",
        text: "--extra-index-url https://py:⟦①⟧@pkgs.dev.azure.com/contoso/_packaging/py/pypi/simple/\nrequests==2.32.3 --hash=sha256:70761cfe03c773ceb22aa2f671b4757976145175cdfca038c02654d061d6dcc6\ngit+https://⟦②⟧@dev.azure.com/fabrikam/Core/_git/core@v1.2.0#egg=core\nnumpy>=2\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "pypirc",
        path: ".pypirc",
        text: "[distutils]\nindex-servers =\n    contoso\n    core\n\n[contoso]\nrepository = https://pkgs.dev.azure.com/contoso/_packaging/py/pypi/upload/\nusername = build\npassword = ⟦①⟧\n\n[core]\nrepository: https://fabrikam.pkgs.visualstudio.com/_packaging/core/pypi/upload/\nusername: ci\npassword: ⟦②⟧\n\n[pypi]\nrepository = https://upload.pypi.org/legacy/\nusername = __token__\npassword = ⟦③⟧\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Nobody],
    },
    Row {
        what: "poetry-auth",
        path: "pypoetry/auth.toml",
        text: "[http-basic]\n[http-basic.feed]\nusername = \"build\"\npassword = \"⟦①⟧\"\n",
        named: &[Nobody],
    },
    Row {
        what: "poetry",
        path: "pypoetry/config.toml",
        text: "[virtualenvs]\nin-project = true\n\n[repositories.feed]\nurl = \"https://pkgs.dev.azure.com/contoso/_packaging/py/pypi/upload\"\n\n[http-basic.feed]\nusername = \"build\"\npassword = \"⟦①⟧\"\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "poetry-command",
        path: "setup.sh",
        text: "poetry config repositories.feed https://pkgs.dev.azure.com/contoso/_packaging/py/pypi/simple\npoetry config http-basic.feed build ⟦①⟧\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "maven",
        path: ".m2/settings.xml",
        text: "<settings xmlns=\"http://maven.apache.org/SETTINGS/1.0.0\">\n  <servers>\n    <server>\n      <id>contoso-feed</id>\n      <username>contoso</username>\n      <password>⟦①⟧</password>\n    </server>\n    <server>\n      <id>core</id>\n      <username>fabrikam</username>\n      <password>⟦②⟧</password>\n    </server>\n    <server>\n      <id>other</id>\n      <username>token</username>\n      <password>⟦③⟧</password>\n    </server>\n  </servers>\n</settings>\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Nobody],
    },
    Row {
        what: "maven-with-repositories",
        path: "ci/settings.xml",
        text: "<settings>\n  <servers>\n    <server>\n      <id>feed</id>\n      <username>AZURE_ARTIFACTS</username>\n      <password>⟦①⟧</password>\n    </server>\n    <server>\n      <id>core</id>\n      <configuration>\n        <httpHeaders>\n          <property>\n            <name>Authorization</name>\n            <value>Basic ⟦base64|:②⟧</value>\n          </property>\n        </httpHeaders>\n      </configuration>\n    </server>\n  </servers>\n  <profiles>\n    <profile>\n      <repositories>\n        <repository>\n          <id>feed</id>\n          <url>https://pkgs.dev.azure.com/contoso/_packaging/feed/maven/v1</url>\n        </repository>\n        <repository>\n          <id>core</id>\n          <url>https://fabrikam.pkgs.visualstudio.com/_packaging/core/maven/v1</url>\n        </repository>\n      </repositories>\n    </profile>\n  </profiles>\n</settings>\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "gradle-properties",
        path: ".gradle/gradle.properties",
        text: "org.gradle.jvmargs=-Xmx2g\nazureArtifactsUrl=https://pkgs.dev.azure.com/contoso/_packaging/feed/maven/v1\nazureArtifactsUsername=contoso\nazureArtifactsPassword=⟦①⟧\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "gradle-properties-alone",
        path: "gradle.properties",
        text: "org.gradle.daemon=true\nvstsMavenAccessToken=⟦①⟧\n",
        named: &[Nobody],
    },
    Row {
        what: "gradle-build",
        path: "build.gradle",
        text: "plugins { id 'java-library' }\nrepositories {\n    mavenCentral()\n    maven {\n        url 'https://pkgs.dev.azure.com/contoso/_packaging/feed/maven/v1'\n        credentials {\n            username \"build\"\n            password \"⟦①⟧\"\n        }\n    }\n    maven {\n        url = uri(\"https://fabrikam.pkgs.visualstudio.com/_packaging/core/maven/v1\")\n        credentials {\n            username = \"ci\"\n            password = \"⟦②⟧\"\n        }\n    }\n}\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "cargo",
        path: ".cargo/config.toml",
        text: "[registries.contoso]\nindex = \"sparse+https://pkgs.dev.azure.com/contoso/_packaging/feed/Cargo/index/\"\ntoken = \"Basic ⟦base64|PAT:①⟧\"\n\n[registries.core]\nindex = \"sparse+https://fabrikam.pkgs.visualstudio.com/_packaging/core/Cargo/index/\"\ntoken = \"Basic ⟦base64|PAT:②⟧\"\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "cargo-credentials",
        path: ".cargo/credentials.toml",
        text: "[registry]\ntoken = \"cio0000000000000000000000000000000\"\n\n[registries.contoso]\ntoken = \"Basic ⟦base64|PAT:①⟧\"\n",
        named: &[Nobody],
    },
    Row {
        what: "twine-command",
        path: "publish.ps1",
        text: "$env:TWINE_USERNAME = 'build'\ntwine upload --repository-url https://pkgs.dev.azure.com/contoso/_packaging/py/pypi/upload/ -u build -p ⟦①⟧ dist/*\n",
        named: &[Entry("contoso")],
    },
];
