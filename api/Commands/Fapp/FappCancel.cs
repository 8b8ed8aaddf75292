namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-cancel</c> takes.</summary>
public sealed record FappCancelRequest
{
    /// <summary>The reservation or request: its id, or the first digits of it.</summary>
    public string? Id { get; set; }
}

/// <content><c>fapp-cancel</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-cancel</c>: cancels a reservation or a booking.</summary>
    public static CommandSpec<FappCancelRequest, FappReservationInfo> FappCancel { get; } = new(
        "fapp-cancel", CommandGroup.Fapp, "Cancels a reservation, or what a practice of this node has booked.",
        json => json.FappReservationInfo,
        new ArgumentList<FappCancelRequest>()
            .Operand("id", "The reservation or request: its id, or the first digits of it.", r => r.Id,
                (r, v) => r.Id = v))
    {
        IsBrief = true,
        Console = [new("/fapp cancel", "ID", "cancel a reservation or a booking")],
    };
}
