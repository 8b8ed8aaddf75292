namespace QuicProChat.Mesh.Messaging;

/// <summary>Who gets a proof of delivery, and so learns when this node is on line.</summary>
public enum ReceiptPolicy
{
    /// <summary>Whoever writes.</summary>
    All,

    /// <summary>Known contacts and members of groups; strangers once they are accepted.</summary>
    Contacts,

    /// <summary>Nobody: senders repeat until the lifetime of a message ends.</summary>
    None,
}

/// <summary>What a policy means.</summary>
public static class ReceiptPolicies
{
    /// <summary>The words for them.</summary>
    public const string Names = "all, contacts, none";

    /// <summary>Takes a word; false if it is none.</summary>
    public static bool TryParse(string text, out ReceiptPolicy policy)
    {
        (bool known, policy) = text switch
        {
            "all" => (true, ReceiptPolicy.All),
            "contacts" => (true, ReceiptPolicy.Contacts),
            "none" => (true, ReceiptPolicy.None),
            _ => (false, ReceiptPolicy.All),
        };
        return known;
    }

    /// <summary>A sender gets a receipt.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="isKnown">The sender is known to the owner, or a member of a group with this node.</param>
    public static bool Allows(this ReceiptPolicy policy, bool isKnown) => policy switch
    {
        ReceiptPolicy.All => true,
        ReceiptPolicy.Contacts => isKnown,
        ReceiptPolicy.None => false,
        _ => throw new InvalidOperationException($"There is no receipt policy {policy}."),
    };
}
