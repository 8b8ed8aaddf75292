namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-acknowledge</c> takes.</summary>
public sealed record FappAcknowledgeRequest
{
    /// <summary>The reservation: its id, or the first digits of it.</summary>
    public string? Id { get; set; }
}

/// <content><c>fapp-acknowledge</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-acknowledge</c>: takes a slot that is held.</summary>
    public static CommandSpec<FappAcknowledgeRequest, FappReservationInfo> FappAcknowledge { get; } = new(
        "fapp-acknowledge", CommandGroup.Fapp, "Takes a slot that is held, or says that you come.",
        json => json.FappReservationInfo,
        new ArgumentList<FappAcknowledgeRequest>()
            .Operand("id", "The reservation: its id, or the first digits of it.", r => r.Id, (r, v) => r.Id = v))
    {
        IsBrief = true,
        Console = [new("/fapp acknowledge", "ID", "take a slot that is held, or say that you come")],
        Rendering = FappReservationInfo.ShowOne,
    };
}
