using System.Globalization;

namespace QuicProChat.Mesh.Api;

/// <summary>What <c>queue</c> takes.</summary>
public sealed record QueueRequest
{
    /// <summary>Go on behind this: what the reply before said as <c>more</c>.</summary>
    public string? From { get; set; }
}

/// <summary>What this node holds.</summary>
/// <param name="Count">Envelopes.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="InFlight">Envelopes under way to a next hop.</param>
/// <param name="AwaitingReceipt">Own messages without a proof so far.</param>
/// <param name="Held">For whom.</param>
public sealed record QueueInfo(int Count, long Bytes, int InFlight, int AwaitingReceipt, IReadOnlyList<HeldInfo> Held);

/// <summary>What this node holds for one destination.</summary>
/// <param name="Destination">Its address.</param>
/// <param name="Name">What it announces.</param>
/// <param name="Count">Envelopes.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record HeldInfo(string Destination, string Name, int Count, long Bytes);

/// <content><c>queue</c>.</content>
public static partial class Commands
{
    /// <summary><c>queue</c>: what this node holds.</summary>
    public static CommandSpec<QueueRequest, QueueInfo> Queue { get; } = new(
        "queue", CommandGroup.Node, "What this node holds.", json => json.QueueInfo,
        new ArgumentList<QueueRequest>().From(r => r.From, (r, v) => r.From = v))
    {
        Paging = Paging.Forward,
        ListKey = "held",
        Console = [new("/mesh store", "", "what this node holds") { Also = ["/mesh queue"] }],
        Rendering = ShowQueue,
    };

    private static void ShowQueue(Screen screen, QueueInfo queue)
    {
        screen.Line(string.Create(CultureInfo.InvariantCulture, $"{queue.Count} held, {queue.Bytes} bytes"));
        if (queue.Held.Count > 0)
            screen.Table(
                queue.Held, "", ("destination", h => h.Destination), ("count", h => h.Count), ("bytes", h => h.Bytes));
    }
}
