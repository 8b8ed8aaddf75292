namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-slot-add</c> takes.</summary>
public sealed record FappSlotAddRequest
{
    /// <summary>Which of this node's practices: 0, unless it has several.</summary>
    public int? Place { get; set; }

    /// <summary>When it begins: 2026-11-02T10:00:00+01:00.</summary>
    public string? Start { get; set; }

    /// <summary>How long it is: 1 to 600.</summary>
    public int? Minutes { get; set; }

    /// <summary>sprechstunde, probatorik, akut, kurzzeit or langzeit.</summary>
    public string? Type { get; set; }

    /// <summary>single, or group; single unless it is set.</summary>
    public string? Setting { get; set; }

    /// <summary>praxis, video or hybrid; as the practice is unless it is set.</summary>
    public string? Modality { get; set; }

    /// <summary>Whether a therapy place follows: yes, no or waiting; no unless it is set.</summary>
    public string? Follows { get; set; }
}

/// <content><c>fapp-slot-add</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-slot-add</c>: offers a slot.</summary>
    public static CommandSpec<FappSlotAddRequest, FappOwnSlotInfo> FappSlotAdd { get; } = new(
        "fapp-slot-add", CommandGroup.Fapp, "Offers a slot.", json => json.FappOwnSlotInfo,
        new ArgumentList<FappSlotAddRequest>()
            .Number("place", "N", "Which of this node's practices: 0, unless it has several.", r => r.Place,
                (r, v) => r.Place = v)
            .Option("start", "TIME", "When it begins: 2026-11-02T10:00:00+01:00.", r => r.Start, (r, v) => r.Start = v)
            .Number("minutes", "N", "How long it is: 1 to 600.", r => r.Minutes, (r, v) => r.Minutes = v)
            .Option("type", "T", "sprechstunde, probatorik, akut, kurzzeit or langzeit.", r => r.Type,
                (r, v) => r.Type = v)
            .Option("setting", "S", "single, or group; single unless it is set.", r => r.Setting,
                (r, v) => r.Setting = v)
            .Option("modality", "M", "praxis, video or hybrid; as the practice is unless it is set.", r => r.Modality,
                (r, v) => r.Modality = v)
            .Option("follows", "F", "Whether a therapy place follows: yes, no or waiting; no unless it is set.",
                r => r.Follows, (r, v) => r.Follows = v))
    {
        Under = "slot",
        IsBrief = true,
    };
}
