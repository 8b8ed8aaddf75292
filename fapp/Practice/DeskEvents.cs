using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Practice;

/// <summary>A record that a practice wants published; its sequence is on disk first.</summary>
/// <param name="Type">Announce or answers.</param>
/// <param name="Region">Whose topic.</param>
/// <param name="Place">Of the record.</param>
/// <param name="Sequence">Of the record.</param>
/// <param name="Body">What it says.</param>
public sealed record Publication(FappRecordType Type, Region Region, ulong Place, ulong Sequence, byte[] Body);

/// <summary>What became of a request that came in.</summary>
public enum RequestOutcome
{
    /// <summary>It is not for this practice, was altered, or says nothing.</summary>
    NotMine,

    /// <summary>It takes part.</summary>
    Taken,

    /// <summary>It was there before: nothing changed.</summary>
    Repeated,

    /// <summary>There are 64 that came out better in the sample.</summary>
    NotSampled,

    /// <summary>Its puzzle is not solved.</summary>
    NoEffort,

    /// <summary>The PIN is missing or wrong.</summary>
    NoPin,

    /// <summary>There is no such slot, or no such request.</summary>
    Unknown,

    /// <summary>An acknowledgement or cancellation that changed something.</summary>
    Applied,
}

/// <summary>A slot as its practice sees it.</summary>
/// <param name="Slot">The slot.</param>
/// <param name="IsWithdrawn">It was taken back.</param>
/// <param name="IsListed">It is in the announce that patients have.</param>
/// <param name="Pending">Requests that take part or wait.</param>
/// <param name="Holder">Who has it; null: nobody.</param>
/// <param name="HasAlarm">More came than people ask: a flood.</param>
/// <param name="Until">
/// Until when it stands as it is, and the practice's node has to be on for what follows: the draw while requests are
/// collected, the end of an offer, else the slot's beginning. Minutes since 2020-01-01 UTC; 0: nothing follows, or it
/// is not known without a clock.
/// </param>
public sealed record SlotView(
    Slot Slot, bool IsWithdrawn, bool IsListed, int Pending, RequestId? Holder, bool HasAlarm, uint Until);

/// <summary>A request as its practice sees it.</summary>
/// <param name="Id">Which.</param>
/// <param name="Slot">The slot.</param>
/// <param name="State">Where it is.</param>
/// <param name="Code">Six digits that the patient sees too.</param>
/// <param name="Note">A word of the patient; empty where the practice keeps none.</param>
/// <param name="IsKnown">The patient kept an earlier appointment.</param>
/// <param name="AsksFirst">The patient is asked before it is booked.</param>
/// <param name="AsksForPlace">The patient asks for a therapy place.</param>
/// <param name="IsRecommended">The patient says that form PTV 11 recommends acute treatment or probatory
/// sessions.</param>
/// <param name="Attends">The person said that it comes.</param>
/// <param name="IsUnconfirmed">It is less than three days away and the person said nothing.</param>
/// <param name="Until">Minutes since 2020-01-01 UTC; 0 for none.</param>
public sealed record RequestView(
    RequestId Id, Slot Slot, SlotAnswer State, string Code, string Note, bool IsKnown, bool AsksFirst,
    bool AsksForPlace, bool IsRecommended,
    bool Attends, bool IsUnconfirmed, uint Until);

/// <summary>Something that a practice's owner should know.</summary>
public abstract record DeskEvent;

/// <summary>A request changed its state.</summary>
/// <param name="Request">As it is now.</param>
public sealed record RequestChanged(RequestView Request) : DeskEvent;

/// <summary>A slot gets more requests than people make: a PIN helps.</summary>
/// <param name="Slot">Which.</param>
/// <param name="Requests">Valid requests within an hour.</param>
public sealed record FloodSeen(SlotId Slot, int Requests) : DeskEvent;

/// <summary>A command cannot be done; the message is for people.</summary>
public sealed class FappException(string message) : Exception(message);
