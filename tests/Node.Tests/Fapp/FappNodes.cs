using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Fapp.Mesh;
using QuicProChat.Mesh.Identity;
using QuicProChat.Mesh.Node.Tests.Conversations;

namespace QuicProChat.Mesh.Node.Tests.Fapp;

/// <summary>What tests of appointments do with whole nodes.</summary>
internal static class FappNodes
{
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>A node that publishes, forwards and answers at once.</summary>
    internal static TestNode Make(
        string name, FappMode mode, string relays = "", (string Directory, LocalIdentity Identity)? lives = null) =>
        new(name, lives: lives, configure: c =>
        {
            c.Fapp = mode;
            c.FappRegions = ["04"];
            c.FappRelays = relays;
            c.FappPublish = TimeSpan.FromSeconds(1);
            c.FappDelay = TimeSpan.Zero;
            c.FappCover = TimeSpan.Zero;
            c.FappTrustsClock = true;
        });

    /// <summary>Makes a practice, and has an organisation vouch for it that others trust.</summary>
    internal static async Task VouchAsync(
        TestNode organisation, TestNode practice, FappPracticeSetRequest announced, params TestNode[] trusting)
    {
        await practice.AskAsync(Commands.FappPracticeSet, announced);
        string key = (await organisation.AskAsync(Commands.Identity)).PublicKey;
        foreach (TestNode node in trusting)
        {
            FappTrustInfo trusts = await node.AskAsync(Commands.FappTrust, new() { Organisation = key });
            Assert.Equal([key], trusts.Organisations);
        }

        await UntilAsync(async () => (await organisation.AskAsync(
            Commands.FappSearch, new() { Plz = "04", Level = "none" })).Practices > 0);
        await organisation.AskAsync(Commands.FappListSign, new() { Practice = practice.Address });
    }

    /// <summary>The first request in a state, as soon as there is one.</summary>
    internal static async Task<FappRequestInfo> RequestAsync(TestNode practice, string state)
    {
        FappRequestInfo? found = null;
        await UntilAsync(async () => (found = (await practice.AskAsync(Commands.FappRequests))
            .FirstOrDefault(r => r.State == state)) is not null);
        return found!;
    }

    internal static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!await condition())
            await Task.Delay(50, limit.Token);
    }
}
