using System.Text.Json;

namespace QuicProChat.Mesh.Api;

/// <summary>The sorts of events: each is in the file of its type.</summary>
public static partial class Events
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<EventSpec> All =>
        [Message, State, PeerUp, PeerDown, Route, Group, MlsGroup, ServerConversation, Standing, Deleted, Changed,
            Setting, Security, Read, Typing, File, FappRequest, FappReservation,
            FappWatch, FappFlood, FappRival, Warning, Lost];

    /// <summary>What the console says of a line of the stream; null for nothing.</summary>
    public static string? Describe(Screen screen, JsonElement occurred)
    {
        string? name = occurred.GetProperty("event").GetString();
        return All.FirstOrDefault(e => e.Name == name)?.Describe(screen, occurred);
    }
}
