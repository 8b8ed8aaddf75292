namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-reservations</c> takes.</summary>
public sealed record FappReservationsRequest
{
    /// <summary>Ask relays for the answers now, where only radios reach this node.</summary>
    public bool Ask { get; set; }
}

/// <content><c>fapp-reservations</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-reservations</c>: what this node asked for.</summary>
    public static CommandSpec<FappReservationsRequest, IReadOnlyList<FappReservationInfo>> FappReservations { get; } =
        new(
        "fapp-reservations", CommandGroup.Fapp, "What this node asked for.",
        json => json.IReadOnlyListFappReservationInfo,
        new ArgumentList<FappReservationsRequest>()
            .Flag("ask", "Ask relays for the answers now, where only radios reach this node.", r => r.Ask,
                (r, v) => r.Ask = v))
        {
            Console = [new("/fapp reservations", "", "what was asked for, and where it stands")],
            Rendering = FappReservationInfo.Show,
        };
}
