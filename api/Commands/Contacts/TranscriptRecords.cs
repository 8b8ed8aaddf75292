namespace QuicProChat.Mesh.Api;

/// <summary>What <c>transcript-records</c> takes.</summary>
public sealed record TranscriptRecordsRequest
{
    /// <summary>An alias, an address, <c>group:NAME</c>, <c>self</c>.</summary>
    public string? To { get; set; }

    /// <summary>Go on behind this: what the reply before said as <c>more</c>.</summary>
    public string? From { get; set; }
}

/// <summary>A message with its content as bytes, for a file.</summary>
/// <param name="Id">The message.</param>
/// <param name="Direction"><c>in</c> or <c>out</c>.</param>
/// <param name="Peer">Who else wrote it, or whom it was for: 32 hexadecimal digits.</param>
/// <param name="CreatedAt">When it was written or came.</param>
/// <param name="Content">The bytes of docs/reference/content.md in base64.</param>
public sealed record TranscriptRecordInfo(
    string Id, string Direction, string Peer, DateTimeOffset CreatedAt, string Content);

/// <content><c>transcript-records</c>.</content>
public static partial class Commands
{
    /// <summary><c>transcript-records</c>: all messages of a conversation as bytes, oldest first.</summary>
    public static CommandSpec<TranscriptRecordsRequest, IReadOnlyList<TranscriptRecordInfo>> TranscriptRecords
    { get; } = new(
        "transcript-records", CommandGroup.Transcripts, "All messages of a conversation as bytes, oldest first.",
        json => json.IReadOnlyListTranscriptRecordInfo,
        new ArgumentList<TranscriptRecordsRequest>()
            .Operand("to", "An alias, an address, group:NAME, self.", r => r.To, (r, v) => r.To = v)
            .From(r => r.From, (r, v) => r.From = v))
    {
        Paging = Paging.Forward,
        Rendering = (screen, records) => screen.Table(
            records, MessageLines.None, ("id", r => r.Id), ("direction", r => r.Direction),
            ("createdAt", r => r.CreatedAt)),
    };
}
