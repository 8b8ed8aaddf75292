using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Attestation;
using QuicProChat.Mesh.Fapp.Practice;
using QuicProChat.Mesh.Fapp.Records;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Control;
using QuicProChat.Mesh.Node.Fapp;
using QuicProChat.Mesh.Node.Hosting;

namespace QuicProChat.Mesh.Node.Handlers;

/// <summary>Commands about who speaks for whom.</summary>
internal static class FappTrustHandlers
{
    internal static readonly CommandHandler[] All =
    [
        CommandHandler.For(Commands.FappTrust, TrustAsync),
        CommandHandler.For(Commands.FappListSign, (node, r) => VouchAsync(node, r.Practice, isRevoked: false)),
        CommandHandler.For(Commands.FappListRevoke, (node, r) => VouchAsync(node, r.Practice, isRevoked: true)),
        CommandHandler.For(
            Commands.FappAttestRequest, (node, r) => Task.FromResult(new FappStatementInfo((r.Revoke is null
            ? Statement.Attest(KeyOf(node), Today(node)) : Statement.Revoke(KeyOf(r.Revoke), Today(node)))
                .ToString()))),
        CommandHandler.For(Commands.FappAttestTake, TakeAsync),
        CommandHandler.For(Commands.FappAttestRevoke, RevokeAsync),
    ];

    private static async Task<FappTrustInfo> TrustAsync(MeshNode node, FappTrustRequest request)
    {
        if (request.Organisation is { } text)
        {
            if (!MeshKey.TryParse(text, out MeshKey organisation))
                throw ControlException.Usage(
                    "\"organisation\" is a public key of 64 hexadecimal digits, as 'identity' shows it there");
            if (!request.Remove && node.FappTrust.Organisations.Count >= TrustDesk.MaxOrganisations)
                throw ControlException.Refused($"this node trusts {TrustDesk.MaxOrganisations} organisations already");
            byte[] name = TrustDesk.NameOf(organisation);
            await node.WriteAsync(store =>
            {
                if (request.Remove)
                    store.DeleteValue(name);
                else
                    store.PutValue(name, "1"u8);
            }).ConfigureAwait(false);
            await node.Fapp.TrustAnewAsync(() => node.FappTrust.Set(organisation, !request.Remove))
                .ConfigureAwait(false);
        }

        return await node.AskAsync(_ => new FappTrustInfo(
            [.. node.FappTrust.Organisations], node.FappTrust.Anchors.Count, node.FappTrust.Blocked.Count))
                .ConfigureAwait(false);
    }

    private static async Task<DoneInfo> VouchAsync(MeshNode node, string? practice, bool isRevoked)
    {
        if (!NodeAddress.TryParse(practice ?? "", out NodeAddress address, out string? wrong))
            throw ControlException.Usage($"\"practice\": {wrong}");
        byte[] key = await node.KeyOfAsync(address).ConfigureAwait(false)
            ?? throw ControlException.Refused($"{address} has not been heard of yet, so its key is not known");
        Region region = await node.Fapp.RegionOfAsync(key).ConfigureAwait(false)
            ?? throw ControlException.Refused(
                "this node knows no announce of that practice: follow its region with \"fappRegions\", and wait for it");
        ushort today = Today(node);
        Statement statement = isRevoked ? Statement.Revoke(MeshKey.Read(key), today)
            : Statement.Attest(MeshKey.Read(key), today);
        var claim = new Claim { Subject = statement.Key, From = statement.From, Until = statement.Until };
        ushort until = isRevoked ? (ushort)(today + Statement.MaxDays) : statement.Until;
        FappRecordType type = isRevoked ? FappRecordType.Revocation : FappRecordType.Attestation;
        await node.Fapp.ClaimAsync(type, region, until, claim.Encode()).ConfigureAwait(false);
        return new DoneInfo(isRevoked ? $"this node vouches for {address} no more"
            : $"this node vouches for {address} for a year");
    }

    private static async Task<DoneInfo> TakeAsync(MeshNode node, FappAttestTakeRequest request)
    {
        byte[] file = new byte[AttestationImport.MaxFile];
        if (!Convert.TryFromBase64String(request.Data ?? "", file, out int length))
            throw ControlException.Usage(
                $"\"data\" is a signed statement in Base64, of {AttestationImport.MaxFile} bytes at most");
        if (request.Revoke is { } other)
            return await TakeRevocationAsync(node, KeyOf(other), file.AsMemory(0, length)).ConfigureAwait(false);
        byte place = FappPracticeHandlers.Place(request.Place);
        PracticeSetup setup = await node.Fapp.PracticeAsync(place).ConfigureAwait(false);
        Claim claim = AttestationImport.Read(
                file.AsSpan(0, length), StatementKind.Attest, KeyOf(node), Today(node), node.FappTrust.Anchors,
                node.FappTrust.Blocked, out string? fault)
            ?? throw ControlException.Refused(fault ?? "the file is no signed statement");
        await node.Fapp.ClaimAsync(FappRecordType.Attestation, setup.Announce.Plz.Region, claim.Until, claim.Encode())
            .ConfigureAwait(false);
        await node.Fapp.SetPracticeAsync(place, before => before! with
        { Announce = before.Announce with { Attestation = claim.Hash() } })
            .ConfigureAwait(false);
        return new DoneInfo("the card speaks for this practice; the next announce names it");
    }

    /// <summary>
    /// A card takes back a key that is not its holder's; where that key announces, and where this node is.
    /// </summary>
    private static async Task<DoneInfo> TakeRevocationAsync(MeshNode node, MeshKey key, ReadOnlyMemory<byte> file)
    {
        ushort today = Today(node);
        Claim claim = AttestationImport.Read(
                file.Span, StatementKind.Revoke, key, today, node.FappTrust.Anchors, node.FappTrust.Blocked,
                out string? fault)
            ?? throw ControlException.Refused(fault ?? "the file is no signed statement");
        var regions = new HashSet<Region>(await node.FappOwnRegionsAsync().ConfigureAwait(false));
        if (await node.Fapp.RegionOfAsync(key.ToArray()).ConfigureAwait(false) is { } there)
            regions.Add(there);
        foreach (Region region in regions)
        {
            await node.Fapp.ClaimAsync(FappRecordType.Revocation, region, (ushort)(today + Statement.MaxDays),
                claim.Encode())
                .ConfigureAwait(false);
        }

        return new DoneInfo($"the card takes back what was said of {key.Address}");
    }

    /// <summary>The key itself takes back what a card said of it: that needs no card.</summary>
    private static async Task<DoneInfo> RevokeAsync(MeshNode node, NoArguments request)
    {
        ushort today = Today(node);
        var claim = new Claim { Subject = KeyOf(node), From = today, Until = today };
        foreach (Region region in await node.FappOwnRegionsAsync().ConfigureAwait(false))
        {
            await node.Fapp.ClaimAsync(FappRecordType.Revocation, region, (ushort)(today + Statement.MaxDays),
                claim.Encode())
                .ConfigureAwait(false);
        }

        return new DoneInfo("what cards said of this node's key until today is taken back");
    }

    private static MeshKey KeyOf(MeshNode node) => MeshKey.Read(node.Identity.PublicKey.Span);

    private static MeshKey KeyOf(string? text) => MeshKey.TryParse(text, out MeshKey key)
        ? key : throw ControlException.Usage("\"revoke\" is a mesh key of 64 hexadecimal digits");

    private static ushort Today(MeshNode node) => Statement.DayOf(node.UtcNow);
}
