namespace QuicProChat.Mesh.Api;

/// <summary>What <c>requests</c> takes.</summary>
public sealed record RequestsRequest
{
    /// <summary>How many are listed where the request does not say.</summary>
    public const int UsualLimit = 50;

    /// <summary>At most so many, those who wrote last: 1 to 1,000.</summary>
    public int? Limit { get; set; }
}

/// <summary>The requests of one stranger.</summary>
/// <param name="Address">The stranger.</param>
/// <param name="Name">What it announces, which anybody may.</param>
/// <param name="Count">How many messages.</param>
/// <param name="Bytes">Bytes that they have in the store.</param>
/// <param name="FirstAt">When the first came.</param>
/// <param name="LastAt">When the last came.</param>
/// <param name="Id">The newest.</param>
/// <param name="Preview">What the newest begins with.</param>
public sealed record RequestInfo(
    string Address, string Name, int Count, long Bytes, DateTimeOffset FirstAt, DateTimeOffset LastAt, string Id,
    string Preview);

/// <content><c>requests</c>.</content>
public static partial class Commands
{
    /// <summary><c>requests</c>: strangers who wrote.</summary>
    public static CommandSpec<RequestsRequest, IReadOnlyList<RequestInfo>> Requests { get; } = new(
        "requests", CommandGroup.Strangers, "Strangers who wrote: one line each.",
        json => json.IReadOnlyListRequestInfo,
        new ArgumentList<RequestsRequest>().Number(
            "limit", "N", "At most so many, those who wrote last.", r => r.Limit, (r, v) => r.Limit = v))
    {
        Console = [new("/requests", "", "strangers who wrote")],
        Rendering = ShowRequests,
    };

    private static void ShowRequests(Screen screen, IReadOnlyList<RequestInfo> requests)
    {
        foreach (RequestInfo request in requests)
        {
            string name = Screen.Printable(request.Name);
            string who = name.Length > 0 ? $"{request.Address} ('{name}', unverified)" : request.Address;
            string last = screen.Local(request.LastAt, "MM-dd HH:mm:ss");
            screen.Line(
                $"{who}: {Screen.Count(request.Count, "message")}, the last at {last}: "
                    + $"{Screen.Printable(request.Preview)}");
        }

        if (requests.Count == 0)
            screen.Line("no requests");
    }
}
