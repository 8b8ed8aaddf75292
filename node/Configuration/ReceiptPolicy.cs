using QuicProChat.Mesh.Store;

namespace QuicProChat.Mesh.Node.Configuration;

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
internal static class ReceiptPolicies
{
    internal const string Names = "all, contacts, none";

    internal static bool TryParse(string text, out ReceiptPolicy policy)
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

    /// <summary>A sender of that standing gets a receipt.</summary>
    internal static bool Allows(this ReceiptPolicy policy, Standing standing) => policy switch
    {
        ReceiptPolicy.All => true,
        ReceiptPolicy.Contacts => standing == Standing.Known,
        ReceiptPolicy.None => false,
        _ => throw new InvalidOperationException($"There is no receipt policy {policy}."),
    };
}
