namespace QuicProChat.Mesh.Api;

/// <summary>What <c>fapp-reserve</c> takes.</summary>
public sealed record FappReserveRequest
{
    /// <summary>The slot: 8 digits, or SLOT@PRACTICE.</summary>
    public string? Slot { get; set; }

    /// <summary>The PIN from the practice's answering machine.</summary>
    public string? Pin { get; set; }

    /// <summary>Drawn, ask me before it is booked: it is held for 72 hours, at most half the time left.</summary>
    public bool AskFirst { get; set; }

    /// <summary>Form PTV 11 recommends acute treatment or probatory sessions.</summary>
    public bool Ptv11 { get; set; }

    /// <summary>A word to the practice: at most 160 bytes.</summary>
    public string? Note { get; set; }

    /// <summary>Ask for a therapy place: a refusal is made out to this name, which does not leave this node.</summary>
    public string? PlaceFor { get; set; }

    /// <summary>The birth date that goes with the name: 1990-12-31.</summary>
    public string? Born { get; set; }
}

/// <content><c>fapp-reserve</c>.</content>
public static partial class Commands
{
    /// <summary><c>fapp-reserve</c>: asks for a slot.</summary>
    public static CommandSpec<FappReserveRequest, FappReservationInfo> FappReserve { get; } = new(
        "fapp-reserve", CommandGroup.Fapp, "Asks a practice for a slot.", json => json.FappReservationInfo,
        new ArgumentList<FappReserveRequest>()
            .Operand("slot", "The slot: 8 digits, or SLOT@PRACTICE.", r => r.Slot, (r, v) => r.Slot = v)
            .Option("pin", "PIN", "The PIN from the practice's answering machine.", r => r.Pin, (r, v) => r.Pin = v)
            .Flag("askFirst", "Drawn, ask me before it is booked: it is held for 72 hours, at most half the time left.",
                r => r.AskFirst, (r, v) => r.AskFirst = v)
            .Flag("ptv11", "Form PTV 11 recommends Akut or Probatorik: say so. Keep its code for 116117.", r => r.Ptv11,
                (r, v) => r.Ptv11 = v)
            .Option("note", "TEXT", "A word to the practice: at most 160 bytes.", r => r.Note, (r, v) => r.Note = v)
            .Option("placeFor", "NAME",
                "Ask for a therapy place: a refusal is made out to this name, which does not leave this node.",
                r => r.PlaceFor, (r, v) => r.PlaceFor = v)
            .Option("born", "DATE", "The birth date that goes with the name: 1990-12-31.", r => r.Born,
                (r, v) => r.Born = v))
    {
        IsBrief = true,
        Console = [new("/fapp reserve", "SLOT", "ask for a slot")],
        Rendering = FappReservationInfo.ShowOne,
    };
}
