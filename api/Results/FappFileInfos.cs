namespace QuicProChat.Mesh.Api;

/// <summary>What <c>ctl fapp calendar import</c> did.</summary>
/// <param name="Added">Slots that are new.</param>
/// <param name="Kept">Free times that were slots before.</param>
/// <param name="Gone">Free slots that the calendar no longer has.</param>
/// <param name="Withdrawn">Those were withdrawn.</param>
/// <param name="LeftOut">Free times for which there was no room.</param>
/// <param name="Warnings">What one should look at in the file.</param>
public sealed record FappCalendarImportInfo(
    IReadOnlyList<FappOwnSlotInfo> Added, int Kept, IReadOnlyList<string> Gone, bool Withdrawn, int LeftOut,
        IReadOnlyList<string> Warnings);

/// <summary>What <c>ctl fapp calendar export</c> and <c>ctl fapp refusals export</c> wrote.</summary>
/// <param name="Files">The files.</param>
/// <param name="Entries">How many slots or refusals are in them.</param>
public sealed record FappExportInfo(IReadOnlyList<string> Files, int Entries);
