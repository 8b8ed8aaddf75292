using System.Globalization;
using QuicProChat.Mesh.Fapp.Places;
using QuicProChat.Mesh.Fapp.Records;

namespace QuicProChat.Mesh.Fapp.Tests.Places;

/// <summary>
/// Where codes are: the embedded table is the one in the text file, and its distances are those of a map.
/// </summary>
public class PlaceTableTests
{
    [Fact]
    public void The_embedded_table_is_the_text_file()
    {
        string[] rows = File.ReadAllLines(Repository.File("fapp", "Places", "postal-codes.csv"));
        Assert.InRange(rows.Length, 8000, 8500);
        Assert.Equal(rows.Length, PlaceTable.Count);
        foreach (string row in rows)
        {
            string[] fields = row.Split(',');
            Assert.True(PlaceTable.TryLocate(Parse(fields[0]), out Place place));
            Assert.Equal(Hundredths(fields[1]), place.North);
            Assert.Equal(Hundredths(fields[2]), place.East);
        }
    }

    // Distances between the towns' centres, measured on a map.
    [Theory]
    [InlineData("01067", "04109", 100)]
    [InlineData("10115", "20095", 255)]
    [InlineData("80331", "90402", 150)]
    [InlineData("50667", "53111", 25)]
    [InlineData("25980", "87561", 845)]
    [InlineData("12587", "13581", 29)]
    public void A_distance_is_that_of_a_map_within_a_few_kilometres(string from, string to, int kilometres) =>
        Assert.InRange(PlaceTable.KilometresBetween(Parse(from), Parse(to))!.Value, kilometres - 6, kilometres + 6);

    [Fact]
    public void A_code_is_at_no_distance_from_itself_and_as_far_from_another_as_that_from_it()
    {
        Assert.Equal(0, PlaceTable.KilometresBetween(Parse("34117"), Parse("34117")));
        Assert.Equal(
            PlaceTable.KilometresBetween(Parse("34117"), Parse("18055")),
            PlaceTable.KilometresBetween(Parse("18055"), Parse("34117")));
    }

    [Fact]
    public void A_code_of_a_post_office_box_is_where_the_nearest_code_of_its_region_is()
    {
        Assert.InRange(PlaceTable.KilometresBetween(Parse("10001"), Parse("10117"))!.Value, 0, 20);
        Assert.InRange(PlaceTable.KilometresBetween(Parse("99999"), Parse("99998"))!.Value, 0, 0);
    }

    [Theory]
    [InlineData("00999")]
    [InlineData("05123")]
    [InlineData("11011")]
    [InlineData("62000")]
    public void A_code_of_a_region_that_does_not_exist_is_nowhere(string code) =>
        Assert.False(PlaceTable.TryLocate(Parse(code), out _));

    private static PostalCode Parse(string text)
    {
        Assert.True(PostalCode.TryParse(text, out PostalCode code), text);
        return code;
    }

    private static int Hundredths(string degrees) =>
        (int)Math.Round(100 * decimal.Parse(degrees, CultureInfo.InvariantCulture));
}
