using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <summary>What a practice's owner sets.</summary>
public sealed record PracticeSetup
{
    /// <summary>Longest draw in seconds; arbitrary: a day.</summary>
    public const long MaxDraw = FappTime.Day;

    /// <summary>How long requests are collected before one is drawn, where nothing is set.</summary>
    public const long StandardDraw = 30 * FappTime.Minute;

    /// <summary>What is announced; slots and key are filled in.</summary>
    public required SlotAnnounce Announce { get; init; }

    /// <summary>Where slots are that say nothing.</summary>
    public Modality Modality { get; init; } = Modality.Praxis;

    /// <summary>How long requests are collected before one is drawn, in seconds; none for Akut.</summary>
    public long Draw { get; init; } = StandardDraw;

    /// <summary>Who is drawn is booked without being looked at; needs a PIN.</summary>
    public bool IsAuto { get; init; }

    /// <summary>What requests have to carry; empty: nothing.</summary>
    public string Pin { get; init; } = "";

    /// <summary>Notes of patients are kept; off unless the practice wants them.</summary>
    public bool KeepsNotes { get; init; }
}
