"""Checks of the PyPI client azure-devops; reads the start line of the stand-in on stdin."""

import base64
import json
import os
import sys

import azure.devops.connection
from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsAuthenticationError, AzureDevOpsServiceError
from azure.devops.v7_1.token_admin.models import TokenAdminRevocation
from msrest.authentication import BasicAuthentication

START = json.load(sys.stdin)
HELD = True

# Where an area is missing the client would send its credential to the real service.
azure.devops.connection.sps_url = os.environ["PATSWEEP_SPS_URL"]


def connection(token):
    url = f"{START['url']}/dev.azure.com/{START['organization']}"
    return Connection(base_url=url, creds=BasicAuthentication("", token))


def token(state, owner=None):
    """The first token in `state`, of `owner` if one is named."""
    return next(
        entry["token"]
        for entry in START["tokens"]
        if entry["state"] == state and owner in (None, entry["owner"])
    )


def check(what, found, expected):
    global HELD
    if found == expected:
        print(f"ok: {what}")
    else:
        HELD = False
        print(f"failed: {what}: found {found!r} instead of {expected!r}")


def accepted():
    active = connection(token("active"))
    data = active.clients_v7_1.get_location_client().get_connection_data()
    account = data.authenticated_user.properties["Account"]["$value"]
    check("connection data", account, "noor@contoso.example")
    projects = active.clients.get_core_client().get_projects()
    check("projects", [project.name for project in projects], ["Payments", "Website"])
    repositories = active.clients.get_git_client().get_repositories()
    check("repositories", [one.name for one in repositories], ["Payments", "Website"])
    owner = "jonas@contoso.example"
    everywhere = connection(token("active", owner))
    profile = everywhere.clients_v7_1.get_profile_client().get_profile("me")
    check("profile", profile.additional_properties.get("emailAddress"), owner)
    return data.authenticated_user.subject_descriptor


def administered(descriptor):
    client = connection(START["admin_pat"]).clients_v7_1.get_token_admin_client()
    mine = [entry for entry in START["tokens"] if entry["owner"] == "noor@contoso.example"]
    # The inventory of contoso does not list the one that opens northwind.
    mine = sorted(entry["authorization_id"] for entry in mine if entry["organization"] == "contoso")
    found, continuation = [], None
    while True:
        page = client.list_personal_access_tokens(
            descriptor, page_size=1, continuation_token=continuation
        )
        found += [pat.authorization_id for pat in page.value]
        continuation = page.continuation_token
        if not continuation:
            break
    check("token administration", sorted(found), mine)
    twin = next(entry for entry in START["tokens"] if entry["owner"] == "lidia@contoso.example"
                and entry["state"] == "active")
    client.revoke_authorizations([TokenAdminRevocation(authorization_id=twin["authorization_id"])])
    check("refusal after revocation", refusal(twin["token"]), "AzureDevOpsAuthenticationError")


def refusal(leaked):
    try:
        connection(leaked).clients_v7_1.get_location_client().get_connection_data()
    except AzureDevOpsAuthenticationError:
        return "AzureDevOpsAuthenticationError"
    except AzureDevOpsServiceError as error:
        return error.type_key
    return "accepted"


def refused():
    for state, expected in {
        "refused": "AzureDevOpsAuthenticationError",
        "revoked": "AzureDevOpsAuthenticationError",
        "disabled_owner": "AzureDevOpsAuthenticationError",
        "unknown": "AzureDevOpsAuthenticationError",
        "expired": "AccessCheckException",
        "active_elsewhere": "UnauthorizedRequestException",
        "blocked": "VssServiceException",
    }.items():
        check(f"refusal of {state}", refusal(token(state)), expected)


refused()
administered(accepted())
sys.exit(0 if HELD else 1)
