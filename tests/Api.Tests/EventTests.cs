using System.Reflection;
using System.Text;

namespace QuicProChat.Mesh.Api.Tests;

/// <summary>Events as they stand on the socket.</summary>
public sealed class EventTests
{
    private static readonly DateTimeOffset _at = new(2026, 3, 4, 5, 6, 7, 123, TimeSpan.Zero);

    [Fact]
    public void Name_and_time_stand_first()
    {
        Assert.Equal(
            """{"event":"standing","at":"2026-03-04T05:06:07.123Z","address":"qpc1x","standing":"known"}""",
            Line(new StandingEvent(_at, "qpc1x", "known")));
        Assert.Equal(
            """{"event":"deleted","at":"2026-03-04T05:06:07.123Z","address":"qpc1x","count":2}""",
            Line(new DeletedEvent(_at) { Address = "qpc1x", Count = 2 }));
        Assert.Equal("""{"event":"lost","at":"2026-03-04T05:06:07.123Z","count":3}""", Line(new LostEvent(_at, 3)));
    }

    [Fact]
    public void Every_sort_is_in_the_list_and_every_type_has_one()
    {
        IEnumerable<EventSpec> specs = typeof(Events).GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Where(p => typeof(EventSpec).IsAssignableFrom(p.PropertyType)).Select(p => (EventSpec)p.GetValue(null)!);
        Assert.Equal(specs.OrderBy(s => s.Name), Events.All.OrderBy(s => s.Name));
        Assert.Equal(
            typeof(EventInfo).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(EventInfo)))
                .Select(t => t.Name).Order(),
            Events.All.Select(s => s.Type.Name).Order());
    }

    private static string Line(EventInfo occurred) => Encoding.UTF8.GetString(ReplyWriter.Event(occurred).Span)
        .TrimEnd('\n');
}
