namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-slot-list</c> takes.</summary>
public sealed record FappSlotListRequest
{
    /// <summary>Which of this node's practices: 0, unless it has several.</summary>
    public int? Place { get; set; }
}

/// <content><c>fapp-slot-list</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-slot-list</c>: the slots of a practice.</summary>
    public static CommandSpec<FappSlotListRequest, IReadOnlyList<FappOwnSlotInfo>> FappSlotList { get; } = new(
        "fapp-slot-list", CommandGroup.Fapp, "The slots of a practice.", json => json.IReadOnlyListFappOwnSlotInfo,
        new ArgumentList<FappSlotListRequest>()
            .Number("place", "N", "Which of this node's practices: 0, unless it has several.", r => r.Place,
                (r, v) => r.Place = v))
    {
        Under = "slot",
        Console = [new("/fapp slots", "", "the slots of this node's practice")],
        Rendering = FappOwnSlotInfo.Show,
    };
}
