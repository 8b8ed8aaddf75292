using QuicProChat.Mesh.Messaging.Content;
using QuicProChat.Mesh.Routing;

namespace QuicProChat.Mesh.Messaging.Direct;

/// <summary>What the router is told of a message of a conversation with one node, whatever protected it.</summary>
internal static class DirectOutcome
{
    /// <summary>What became of it.</summary>
    /// <param name="applied">What is on disk.</param>
    /// <param name="isKnown">The owner knows its sender: what is told and forgotten leaves no row that says so.</param>
    internal static DeliveryOutcome Of(AppliedContent applied, bool isKnown) => applied.Outcome switch
    {
        Insertion.NoRoom => DeliveryOutcome.StoreFull,
        Insertion.NotKept => DeliveryOutcome.Rejected,
        Insertion.AlreadyThere => DeliveryOutcome.AlreadyHave,
        Insertion.Added or Insertion.AddedAsRequest => applied.IsFromKnown || isKnown
            ? DeliveryOutcome.Accepted : DeliveryOutcome.AcceptedFromStranger,
        _ => throw new InvalidOperationException($"There is no outcome {applied.Outcome}."),
    };

    /// <summary>Its sender gets the proof that it is here.</summary>
    internal static bool IsProven(DeliveryOutcome outcome, AppliedContent applied, ReceiptPolicy receipts) =>
        outcome is DeliveryOutcome.Accepted or DeliveryOutcome.AcceptedFromStranger or DeliveryOutcome.AlreadyHave
        && receipts.Allows(applied.IsFromKnown);
}
