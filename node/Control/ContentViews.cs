using QuicProChat.Mesh.Api;
using QuicProChat.Mesh.Messaging.Content;

namespace QuicProChat.Mesh.Node.Control;

/// <summary>Contents as the control socket shows them.</summary>
internal static class ContentViews
{
    private const decimal UnitsPerDegree = Degrees.Units;

    internal static ContentInfo Of(MessageContent content)
    {
        MessageContent plain = content.Plain;
        var info = new ContentInfo(Words.Of(plain.Type))
        {
            Disappear = content.After.IsNever ? null : content.After.ToString(),
        };
        return plain switch
        {
            TimerContent timer => info with { Disappear = timer.Time.ToString() },
            FileOfferContent file => info with
            {
                Name = file.Name,
                Size = (long)file.FileSize,
                MediaType = file.MediaType.Length > 0 ? file.MediaType : null,
            },
            CardContent card => info with
            {
                Name = card.Card.Name,
                Address = card.Card.Address.ToString(),
                Uri = card.Card.ToUri(),
            },
            LocationContent place => info with
            {
                Name = place.Label.Length > 0 ? place.Label : null,
                Latitude = place.Latitude / UnitsPerDegree,
                Longitude = place.Longitude / UnitsPerDegree,
                Accuracy = place.Accuracy > 0 ? place.Accuracy : null,
            },
            MemberNotice member => info with { Address = member.Member.ToString() },
            RenamedNotice renamed => info with { Name = renamed.Name },
            EpochNotice epoch => info with { Epoch = (long)epoch.Number },
            _ => info,
        };
    }

    /// <summary>The signs that are there; null for none.</summary>
    internal static IReadOnlyList<ReactionInfo>? Of(IReadOnlyList<Reaction> reactions)
    {
        ReactionInfo[] there =
            [.. reactions.Where(r => r.IsThere).Select(r => new ReactionInfo(r.Emoji, r.By.ToString()))];
        return there.Length > 0 ? there : null;
    }
}
