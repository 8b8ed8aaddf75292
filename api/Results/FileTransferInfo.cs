using System.Globalization;
using System.Text.Json.Serialization;

namespace QuicProChat.Mesh.Api;

/// <summary>A file of a conversation.</summary>
/// <param name="Id">The message with the offer: 32 hexadecimal digits.</param>
/// <param name="Direction"><c>out</c> for this node's own, <c>in</c> for others.</param>
/// <param name="Conversation">Where it was offered, as <c>send</c> takes it.</param>
/// <param name="Peer">Who offered it, or whom it was offered to; null in a conversation of several for an own
/// one.</param>
/// <param name="Name">What whoever offered it calls it, cleaned.</param>
/// <param name="Size">Bytes of the file.</param>
/// <param name="State">
/// <c>offered</c>: nothing of it is here; <c>fetching</c>; <c>here</c>: all of it; <c>uploading</c>: the same, and it
/// is brought to the server of its conversation; <c>failed</c>.
/// </param>
/// <param name="Received">Bytes of it that are here.</param>
public sealed record FileTransferInfo(
    string Id, string Direction, string Conversation, string? Peer, string Name, long Size, string State, long Received)
{
    private const double Percent = 100;

    /// <summary>Its MIME type by its content, as whoever offered it says.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MediaType { get; init; }

    /// <summary>
    /// Only in <c>file-show</c>: the small picture that its offer brings, in base64, if it is a proper one. At most
    /// 2,048 bytes.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Thumbnail { get; init; }

    /// <summary>Why it does not go on, or why it failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }

    /// <summary>Its name in the download folder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SavedAs { get; init; }

    /// <summary>Only while it is <c>uploading</c>: bytes of it that the server has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Uploaded { get; init; }

    /// <summary>It may cross radios.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OverRadio { get; init; }

    /// <summary>A line for people.</summary>
    public string Describe()
    {
        long? done = State == "fetching" ? Received : Uploaded;
        string progress = done is { } some
            ? string.Create(CultureInfo.InvariantCulture, $" {(Size == 0 ? 0 : Math.Floor(Percent * some / Size)):0}%")
            : "";
        string saved = SavedAs is null ? "" : $", saved as {Screen.Printable(SavedAs)}";
        string note = Note is null ? "" : $": {Screen.Printable(Note)}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Id}  {Direction,-3} {Screen.Printable(Conversation)}  {Screen.Printable(Name)}  {Size} bytes  "
                + $"{State}{progress}{saved}{note}");
    }
}
