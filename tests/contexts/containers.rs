//! Kubernetes, Helm, KEDA, and container registries.

use super::table::Named::{Entry, Nearby, Nobody};
use super::table::Row;

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "secret-data",
        path: "secret.yaml",
        text: "apiVersion: v1\nkind: Secret\nmetadata:\n  name: azdevops\n  namespace: agents\ntype: Opaque\ndata:\n  AZP_URL: ⟦base64|https://dev.azure.com/contoso\n⟧\n  AZP_TOKEN: ⟦base64|①\n⟧\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "secret-string-data",
        path: "secret.yaml",
        text: "apiVersion: v1\nkind: Secret\nmetadata:\n  name: azdevops\nstringData:\n  organizationURL: \"https://dev.azure.com/contoso\"\n  personalAccessToken: \"⟦①⟧\"\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: core\nstringData:\n  organizationURL: https://fabrikam.visualstudio.com\n  personalAccessToken: ⟦②⟧\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "secret-of-npmrc",
        path: "npm-secret.yaml",
        text: "apiVersion: v1\nkind: Secret\nmetadata:\n  name: npmrc\ndata:\n  .npmrc: ⟦base64|registry=https://pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/\n//pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/:username=contoso\n//pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/:_password=⟨base64|①⟩\n//pkgs.dev.azure.com/contoso/_packaging/web/npm/registry/:email=none\n⟧\n  settings.xml: ⟦base64|<settings><servers><server><id>core</id><username>fabrikam</username><password>②</password></server></servers></settings>\n⟧\n  password: ⟦base64 base64|③⟧\nstringData:\n  x: https://dev.azure.com/adatum\n",
        named: &[Entry("contoso"), Entry("fabrikam"), Entry("contoso")],
    },
    Row {
        what: "secret-as-json",
        path: "secret.json",
        text: "{\n    \"apiVersion\": \"v1\",\n    \"data\": {\n        \"organizationURL\": \"⟦base64|https://dev.azure.com/contoso⟧\",\n        \"personalAccessToken\": \"⟦base64|①⟧\"\n    },\n    \"kind\": \"Secret\"\n}\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "secret-wrapped",
        path: "config-map.yaml",
        text: "kind: Secret\ndata:\n  deploy.sh: |\n    ⟦wrapped|#!/bin/sh\nset -e\napk add --no-cache git\ngit clone https://pat:①@dev.azure.com/contoso/Web/_git/web\ncd web\nmake install\n⟧\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "helm-release",
        path: "release.yaml",
        text: "apiVersion: v1\ndata:\n  release: ⟦base64 gzip|{\"name\":\"agent\",\"info\":{\"status\":\"deployed\"},\"config\":{\"azp\":{\"url\":\"https://dev.azure.com/contoso\",\"token\":\"①\"}},\"manifest\":\"---\\n# Source: agent/templates/deployment.yaml\\nkind: Deployment\\n\"}⟧\nkind: Secret\nmetadata:\n  labels:\n    owner: helm\n  name: sh.helm.release.v1.agent.v1\ntype: helm.sh/release.v1\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "helm-values",
        path: "values.yaml",
        text: "replicaCount: 2\nazp:\n  url: https://dev.azure.com/contoso\n  token: ⟦①⟧\n  pool: Default\nmirror:\n  auth:\n    # read only\n    token: '⟦②⟧'\n  organization: https://fabrikam.visualstudio.com\n",
        named: &[Entry("contoso"), Entry("fabrikam")],
    },
    Row {
        what: "keda",
        path: "keda.yaml",
        text: "apiVersion: v1\nkind: Secret\nmetadata:\n  name: pipeline-auth\ndata:\n  personalAccessToken: ⟦base64|①⟧\n---\napiVersion: keda.sh/v1alpha1\nkind: TriggerAuthentication\nmetadata:\n  name: pipeline-trigger-auth\nspec:\n  secretTargetRef:\n    - parameter: personalAccessToken\n      name: pipeline-auth\n      key: personalAccessToken\n---\napiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nspec:\n  triggers:\n    - type: azure-pipelines\n      metadata:\n        poolID: \"1\"\n        organizationURL: \"https://dev.azure.com/contoso\"\n",
        named: &[Nearby(&["contoso"])],
    },
    Row {
        what: "deployment-env",
        path: "deployment.yaml",
        text: "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: agent\n          env:\n            - name: AZP_URL\n              value: https://dev.azure.com/contoso\n            - name: AZP_TOKEN\n              value: \"⟦①⟧\"\n",
        named: &[Entry("contoso")],
    },
    Row {
        what: "docker-auth",
        path: ".docker/config.json",
        text: "{\n\t\"auths\": {\n\t\t\"registry.contoso.com\": {\n\t\t\t\"auth\": \"⟦base64|anna:①⟧\"\n\t\t}\n\t},\n\t\"HttpHeaders\": {\"Meta\": \"https://dev.azure.com/contoso\"}\n}\n",
        named: &[Nobody],
    },
];
