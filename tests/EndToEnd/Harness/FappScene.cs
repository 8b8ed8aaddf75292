using System.Text.Json.Nodes;
using QuicProChat.Mesh.Api;

namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>
/// patient - near - far - practice: both relays may forward, and only <c>far</c> is no neighbour of the patient. It is
/// the organisation too
/// that vouches for the practice. Commands go by the program itself, as people give them.
/// </summary>
internal sealed class FappScene : IAsyncDisposable
{
    /// <summary>Publications every ten seconds, a forwarder's wait, a draw, and a machine under load.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    internal FappScene()
    {
        Patient = Add("patient");
        Near = Add("near");
        Far = Add("far");
        Practice = Add("practice");
        Join(Patient, Near);
        Join(Near, Far);
        Join(Far, Practice);
    }

    internal TestNet Net { get; } = new();

    internal NodeProcess Patient { get; }

    internal NodeProcess Near { get; }

    internal NodeProcess Far { get; }

    internal NodeProcess Practice { get; }

    /// <summary>Mean time between a node's envelopes to forwarders; requests go at once unless it is set.</summary>
    internal string Cover { get; init; } = "0s";

    internal NodeProcess Add(string name) => Net.Node(name).Listening();

    /// <summary>
    /// A cable between two nodes; both dial, so that whoever comes back does not have to wait for a call.
    /// </summary>
    internal void Join(NodeProcess a, NodeProcess b)
    {
        Cable cable = Net.Connect(a.Machine, b.Machine);
        a.Dialling(cable.AddressB);
        b.Dialling(cable.AddressA);
    }

    /// <summary>Starts a node of the scene.</summary>
    internal async Task StartAsync(NodeProcess node, string mode)
    {
        string file = node.DataDirectory + ".json";
        File.WriteAllText(file, new JsonObject
        {
            ["fapp"] = mode,
            ["fappRegions"] = new JsonArray("04"),
            ["fappPublish"] = "10s",
            ["fappDelay"] = "1s",
            ["fappCover"] = Cover,
            ["fappTrustsClock"] = true,
        }.ToJsonString());
        node.With("--config", file);
        await node.StartAsync();
    }

    /// <summary>Starts the four, makes the practice, and has far vouch for it; patients trust far.</summary>
    internal async Task StartAsync(string farMode, string[] more, params NodeProcess[] patients)
    {
        await StartAsync(Near, "relay");
        await StartAsync(Far, farMode);
        await StartAsync(Practice, "follow");
        foreach (NodeProcess patient in patients)
            await StartAsync(patient, "follow");
        string organisation = (await Far.AskAsync(Commands.Identity)).PublicKey;
        Done(Practice, ["fapp", "practice", "set", "--name", "Praxis Linde", "--plz", "04109", "--payer", "GKV",
            "--notes", "on", .. more]);
        foreach (NodeProcess patient in patients)
            Done(patient, "fapp", "trust", organisation);
        await EventuallyAsync("the practice known to far",
            () => Far.Ctl(Commands.FappSearch, "--level", "none").Practices > 0);
        // That its records came does not say that its announce as a node did.
        await Far.HasRouteAsync(Practice, Patience);
        Done(Far, "fapp", "list", "sign", Practice.Address);
    }

    /// <summary>Offers a slot so many days from now.</summary>
    internal string Offer(double days, string type = "probatorik") => Practice.Ctl(
        Commands.FappSlotAdd, "--start", StartIn(days), "--minutes", "50", "--type", type).Slot;

    internal static string StartIn(double days) =>
        DateTimeOffset.UtcNow.AddDays(days).ToString("yyyy-MM-ddTHH:mm:00Z", null);

    internal static string[] Slots(NodeProcess node, params string[] filter) =>
        [.. node.Ctl(Commands.FappSearch, filter).Slots.Select(static s => s.Slot)];

    internal static FappReservationInfo Reservation(NodeProcess patient, string id) =>
        patient.Ctl(Commands.FappReservations).Single(r => r.Id == id);

    internal static string StateOf(NodeProcess patient, string id) => Reservation(patient, id).State;

    internal FappRequestInfo? Request(string state) =>
        Practice.Ctl(Commands.FappRequests).FirstOrDefault(r => r.State == state);

    /// <summary>Waits until something holds, of whichever node.</summary>
    internal static async Task EventuallyAsync(string what, Func<bool> condition)
    {
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            if (waited.Elapsed > Patience)
                throw new TimeoutException($"{what} did not happen within {Patience.TotalSeconds} s");
            await Task.Delay(200);
        }
    }

    internal static void Done(NodeProcess node, params string[] command)
    {
        Ran ran = node.Ctl(command);
        Assert.True(ran.ExitCode == 0,
            $"{node.Name}: {string.Join(' ', command)}: {ran.Output} {ran.Errors}\n{node.LastWords()}");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Net.DisposeAsync();
}
